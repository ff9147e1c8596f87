import { execFile, spawn } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { Problem } from '../../src/lib/platform/errors.ts';
import { scrub } from '../../src/lib/platform/secrets.ts';

const execute = promisify(execFile);

export interface Tools {
  pg_dump: string;
  pg_restore: string;
}

/**
 * Finds pg_dump and pg_restore in PG_BIN, else on the PATH. Throws Problem when they are missing or
 * older than the server.
 */
export async function findTools(serverVersion: number): Promise<Tools> {
  const needed = Math.floor(serverVersion / 10_000);
  const tools = { pg_dump: find('pg_dump'), pg_restore: find('pg_restore') };
  for (const [name, file] of Object.entries(tools)) {
    const version = await readMajorVersion(file);
    if (version === undefined) throw unusableToolProblem(needed, `${name} is not installed`);
    if (version < needed)
      throw unusableToolProblem(
        needed,
        `${file} is of version ${version}, and the server of version ${needed}`,
      );
  }
  return tools;
}

function find(name: string): string {
  const folder = process.env['PG_BIN'];
  return folder ? path.join(folder, name) : name;
}

async function readMajorVersion(file: string): Promise<number | undefined> {
  const output = await execute(file, ['--version']).then(
    ({ stdout }) => stdout,
    () => '',
  );
  const found = /\(PostgreSQL\) (\d+)/.exec(output)?.[1];
  return found === undefined ? undefined : Number(found);
}

function unusableToolProblem(needed: number, what: string): Problem {
  return new Problem(
    'unavailable',
    `${what}. A backup needs pg_dump and pg_restore of version ${needed} or newer:
  on Debian and Ubuntu install postgresql-client-${needed} (from apt.postgresql.org when the
  system has an older one),
  or name the folder that has them: PG_BIN=/usr/lib/postgresql/${needed}/bin npm run drill.
  Without them, npm run drill -- --copy copies the tables through COPY. It shows that all rows
  can be read and put back, and nothing about your dump files.`,
  );
}

/**
 * Runs a tool on a database. The password is passed in the environment, because other users of the
 * machine can see arguments.
 */
export function runTool(file: string, databaseUrl: string, args: string[]): Promise<void> {
  const url = new URL(databaseUrl);
  const env = {
    ...process.env,
    ...(url.password !== '' && { PGPASSWORD: decodeURIComponent(url.password) }),
    PGAPPNAME: 'tributary-drill',
  };
  url.password = '';
  return new Promise((resolve, reject) => {
    const child = spawn(file, [...args, `--dbname=${url.href}`], {
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let output = '';
    child.stderr.on(
      'data',
      (chunk: Buffer) => (output = (output + chunk.toString()).slice(-4_000)),
    );
    child.once('error', reject);
    child.once('close', (code) =>
      code === 0
        ? resolve()
        : reject(
            new Problem('unavailable', `${path.basename(file)} failed: ${scrub(output.trim())}`),
          ),
    );
  });
}
