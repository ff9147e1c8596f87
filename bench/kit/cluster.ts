import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { startEmbeddedPostgres } from '../../scripts/embedded-postgres.ts';
import { createLogin } from '../../scripts/local-login.ts';
import { migrateAll } from '#lib/jobs/migrate.ts';

const appPassword = 'bench-only';
const template = 'bench_template';

/** A PostgreSQL of the benchmark's own, with the durability that the server has by default. */
export interface Cluster {
  /** Scratch folder that the server can read, too. */
  directory: string;
  logFile: string;
  /** A database with all migrations, cloned from the template as it is now. */
  createDatabase(name: string): Promise<BenchDatabase>;
  template: BenchDatabase;
  /** Runs SQL as superuser. */
  query<Row extends pg.QueryResultRow>(text: string): Promise<Row[]>;
  stop(): Promise<void>;
}

export interface BenchDatabase {
  name: string;
  /** Logs in as web and worker do: a member of the app role, bound by row-level security. */
  appUrl: string;
  superuserUrl: string;
  /** Runs SQL as superuser, past row-level security. */
  query<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>;
  close(): Promise<void>;
}

export async function startCluster(): Promise<Cluster> {
  const directory = mkdtempSync(path.join(tmpdir(), 'tributary-bench-'));
  chmodSync(directory, 0o755);
  const server = await startEmbeddedPostgres({ directory });
  const admin = openDatabase(server.url, 'postgres');
  await admin.query(`create database ${template}`);
  const templateDatabase = openDatabase(server.url, template);
  await migrateAll(buildUrl(server.url, template));
  await createLogin(server.url, appPassword);
  const opened = [admin, templateDatabase];
  return {
    directory,
    logFile: path.join(directory, 'cluster', 'server.log'),
    template: templateDatabase,
    query: (text) => admin.query(text),
    createDatabase: async (name) => {
      await templateDatabase.close();
      await admin.query(`create database ${name} template ${template}`);
      const database = openDatabase(server.url, name);
      opened.push(database);
      return database;
    },
    stop: async () => {
      await Promise.all(opened.map((database) => database.close()));
      await server.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function openDatabase(adminUrl: string, name: string): BenchDatabase {
  let pool: pg.Pool | undefined;
  const app = new URL(buildUrl(adminUrl, name));
  app.username = 'tributary_login';
  app.password = appPassword;
  return {
    name,
    appUrl: app.href,
    superuserUrl: buildUrl(adminUrl, name),
    query: async <Row extends pg.QueryResultRow>(text: string, values?: unknown[]) => {
      pool ??= connect(buildUrl(adminUrl, name));
      return (await pool.query<Row>(text, values)).rows;
    },
    // A template can only be cloned while nobody is connected to it.
    close: async () => {
      const closing = pool;
      pool = undefined;
      await closing?.end();
    },
  };
}

function connect(url: string): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, max: 2 });
  pool.on('error', () => {});
  return pool;
}

function buildUrl(adminUrl: string, name: string): string {
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  return url.href;
}
