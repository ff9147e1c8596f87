import { connect } from 'node:net';
import { ConfigError, loadEnvFile, parseConfig } from '../src/lib/platform/config.ts';
import { safeReason } from '../src/lib/platform/secrets.ts';
import { onStop } from '../src/lib/platform/stop/signals.ts';
import { ensureBuilt } from './build.ts';
import {
  ensureDataDirectory,
  openLocalDatabase,
  loadLocalSecrets,
  type Environment,
  type LocalDatabase,
} from './environment.ts';
import { startPart, stopPart, whenReady, type Part } from './processes.ts';
import type { DemoServers } from './start/data.ts';
import { watchDatabase } from './watch-database.ts';

/**
 * Runs everything on one machine until Ctrl-C: database, migrations, demo data, sandbox, worker and
 * web.
 */
async function main(): Promise<void> {
  loadEnvFile();
  const directory = ensureDataDirectory();
  const secrets = loadLocalSecrets(directory);
  const port = Number(process.env['PORT'] || 4321);
  await assertPortFree(port);
  printLine(
    'Starting Tributary. The first start takes about ten seconds, on a busy machine a minute.',
  );
  const development = process.argv.includes('--dev');
  const building = development ? Promise.resolve() : ensureBuilt();
  building.catch(() => {});
  onStop((reason) => stopAll(started, reason), { timeoutMs: () => hardEndMs(started) });
  const [database, data] = await Promise.all([
    openLocalDatabase(directory, secrets['APP_PASSWORD'] ?? '').then(
      (opened) => (started.database = opened),
    ),
    loadData(),
  ]);
  const env = buildEnvironment(secrets, database, port);
  Object.assign(process.env, env);
  started.partTimeoutMs = parseConfig(process.env).STOP_TIMEOUT_SECONDS * 1000 + 3_000;
  await data.prepareDatabase(database, secrets);
  const demo = await data.prepareDemo(started, env);
  if (database.embedded !== undefined)
    started.stopWatching = watchDatabase(database.embedded, {
      onRestart: printProblem,
      onLost: (message) => void endAll(started, message, 0),
    });
  // Web and worker never get the owner's login; empty, so that no .env file gives it to them.
  env['DATABASE_OWNER_URL'] = '';
  await startAndWatch(started, 'worker', 'worker/index.ts', env);
  await building;
  const web = await startAndWatch(
    started,
    'web',
    development ? 'scripts/web-dev.ts' : 'scripts/web.ts',
    env,
  );
  const ready = await whenReady(web);
  printLine(formatScreen(ready.port, demo ? data.describeDemo() : [], database));
}

/**
 * Loads what needs hundreds of modules: imported above, it would keep build and database from
 * starting, which take longest the first time.
 */
async function loadData() {
  const { closeDatabase, describeDemo, prepareDatabase, prepareDemo } =
    await import('./start/data.ts');
  started.closeDatabase = closeDatabase;
  return { describeDemo, prepareDatabase, prepareDemo };
}

interface Started extends DemoServers {
  database?: LocalDatabase;
  /** Ends this process's own connections. */
  closeDatabase?: () => Promise<void>;
  parts: Part[];
  /** How long a part may take to stop before it is killed: longer than it gives itself. */
  partTimeoutMs: number;
  stopWatching?: () => Promise<void>;
}

const started: Started = { parts: [], partTimeoutMs: 0 };

/** When this process ends in any case: the parts come first, then sandbox and database. */
const hardEndMs = ({ partTimeoutMs }: Started): number => partTimeoutMs + 60_000;

function buildEnvironment(
  secrets: Environment,
  database: LocalDatabase,
  port: number,
): Environment {
  return {
    NODE_ENV: process.env['NODE_ENV'] || 'development',
    DATABASE_URL: database.appUrl,
    DATABASE_OWNER_URL: database.ownerUrl,
    AUTH_SECRET: process.env['AUTH_SECRET'] || secrets['AUTH_SECRET'],
    TRIBUTARY_KEYS: process.env['TRIBUTARY_KEYS'] || secrets['TRIBUTARY_KEYS'],
    PORT: String(port),
    PUBLIC_URL: process.env['PUBLIC_URL'] || `http://localhost:${port}`,
    LOG_LEVEL: process.env['LOG_LEVEL'] || 'warn',
  };
}

async function startAndWatch(
  started: Started,
  name: string,
  entry: string,
  env: Environment,
): Promise<Part> {
  const part = startPart(name, entry, env);
  started.parts.unshift(part);
  part.child.once('exit', (code, signal) => {
    const how = signal ?? `exit code ${code}`;
    void endAll(started, `The ${name} process ended (${how}); stopping everything.`);
  });
  return part;
}

let stopping: Promise<void> | undefined;

/**
 * Stops everything because something has failed, and exits with code 1. Does nothing while
 * everything is being stopped anyway. Parts get `partTimeoutMs`: 0 where they have no database any
 * more, so that an orderly stop can only fail.
 */
async function endAll(
  started: Started,
  message: string,
  partTimeoutMs = started.partTimeoutMs,
): Promise<void> {
  if (stopping !== undefined) return;
  printProblem(message);
  started.partTimeoutMs = partTimeoutMs;
  setTimeout(() => process.exit(1), hardEndMs(started)).unref();
  await stopAll(started, 'failure').catch((error: unknown) => printProblem(safeReason(error)));
  process.exit(1);
}

/** Stops web and worker, then sandbox and database. */
function stopAll(started: Started, reason: string): Promise<void> {
  stopping ??= stopInOrder(started, reason);
  return stopping;
}

async function stopInOrder(started: Started, reason: string): Promise<void> {
  if (reason.startsWith('SIG')) printLine('\nStopping.');
  // From here on nobody starts the database again; a start that is under way ends meanwhile.
  const stopWatching = started.stopWatching?.();
  await Promise.all(started.parts.map((part) => stopPart(part, started.partTimeoutMs)));
  await started.closeDatabase?.();
  await stopWatching;
  await started.sandbox?.close(1000);
  await started.dns?.close();
  await started.database?.embedded?.stop();
}

function assertPortFree(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const probe = connect({ port, host: '127.0.0.1' });
    probe.once('connect', () => {
      probe.destroy();
      reject(
        new Error(
          `Port ${port} is taken. Stop the other program, or choose ` +
            `another port: PORT=${port + 1} npm start`,
        ),
      );
    });
    probe.once('error', () => resolve());
  });
}

function formatScreen(port: number, demo: string[], database: LocalDatabase): string {
  const lines = ['', `  Tributary is ready:  http://localhost:${port}`, '', ...demo];
  const source = database.embedded
    ? `embedded PostgreSQL on port ${database.embedded.port}`
    : 'DATABASE_URL';
  lines.push(`  Database: ${source}.  Stop with Ctrl-C.`, '');
  return lines.join('\n');
}

function printLine(text: string): void {
  process.stdout.write(`${text}\n`);
}

function printProblem(text: string): void {
  process.stderr.write(`${text}\n`);
}

main().catch((error: unknown) =>
  endAll(started, error instanceof ConfigError ? error.message : safeReason(error)),
);
