import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rowsAccount, startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { freePort, startEmbeddedPostgres, type EmbeddedPostgres } from '../../scripts/embedded-postgres.ts';
import { createUser } from '../../src/lib/auth/users.ts';
import { migrateAll } from '../../src/lib/migrate.ts';
import { closeDatabase } from '../../src/lib/platform/db/database.ts';
import { testEnv, type TestDatabase } from '../helpers/database.ts';
import { startProcess, until, type TestProcess } from '../helpers/processes.ts';
import { client, opportunity } from '../helpers/rows.ts';
import { expectBalancedBooks, expectExactRollups, expectTruth } from '../helpers/truth.ts';
import { startWeb, type Web } from '../helpers/web.ts';
import { createWorkspace, type Workspace } from '../helpers/workspace.ts';

/** This file has a server of its own, because it crashes it. */
const directory = mkdtempSync(path.join(tmpdir(), 'tributary-restart-'));
let port: number;
let server: EmbeddedPostgres;
let sandbox: Sandbox;
let workspace: Workspace;
let worker: TestProcess;
let web: Web;

const db: TestDatabase = {
  url: '',
  async query<Row extends pg.QueryResultRow>(text: string, values?: unknown[]) {
    const connection = new pg.Client({ connectionString: server.url });
    await connection.connect();
    try {
      return (await connection.query<Row>(text, values)).rows;
    } finally {
      await connection.end();
    }
  },
};

const start = () => startEmbeddedPostgres({ directory, port, settings: ['fsync=off'] });

beforeAll(async () => {
  port = await freePort();
  server = await start();
  await migrateAll(server.url);
  Object.assign(process.env, testEnv(server.url));
  const rows = { clients: Array.from({ length: 150 }, (_, index) => client(1 + index)), opportunities: Array.from({ length: 150 }, (_, index) => opportunity(1 + index)) };
  sandbox = await startSandbox({ accounts: [rowsAccount({ name: 'rows', webKey: 'CT_rows', accessToken: 'token-rows', rows })], now: Date.UTC(2026, 10, 20) });
  workspace = await createWorkspace(sandbox, 'rows', 'rows', { pageSize: 10 });
  await createUser({ email: 'viewer@rows.test', password: 'correct horse battery', tenantSlug: 'rows', role: 'viewer' });
  await closeDatabase();
  web = await startWeb(server.url);
});
afterAll(async () => {
  worker?.child.kill('SIGKILL');
  await web?.stop();
  await sandbox?.close();
  await server?.stop('immediate');
  rmSync(directory, { recursive: true, force: true });
});

describe('when the database crashes', () => {
  it('a sync in the middle of a page goes on when it is back; pages answer 503 and then work again', async () => {
    sandbox.faults.arm({ kind: 'latency', ms: 50 });
    const probe = web.visitor();
    const visitor = await web.signIn('viewer@rows.test');
    worker = startProcess('worker/index.ts', server.url);
    await until('pages are stored', async () => (await db.query(`select 1 from sync_run_streams where stream = 'clients' and pages > 3`)).length > 0);
    await server.stop('immediate');
    expect((await probe.fetch('/readyz')).status).toBe(503);
    expect((await probe.fetch('/healthz')).status).toBe(200);
    const page = await visitor.fetch('/w/rows/leads');
    expect(page.status).toBe(503);
    expect(await page.text()).not.toMatch(/ECONNREFUSED|postgres|select /i);
    server = await start();
    sandbox.faults.disarm();
    await until('the sync has ended', async () => (await db.query(`select 1 from sync_runs where status = 'success'`)).length > 0);
    await until('pages work again', async () => (await visitor.fetch('/w/rows/leads')).status === 200);
    expect((await probe.fetch('/readyz')).status).toBe(200);
    await expectTruth(db, sandbox, 'rows', workspace);
    await expectExactRollups(db);
    await expectBalancedBooks(db);
    expect(worker.child.exitCode).toBeNull();
  });
});
