/*
 * A database with one synced workspace and one in the middle of its sync, to back up and restore.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect } from 'vitest';
import { rowsAccount, startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { transferByCopy } from '../../scripts/drill/transfer.ts';
import { connect } from '../../scripts/drill/sessions.ts';
import { findTools } from '../../scripts/drill/tools.ts';
import { syncConnection, syncSlice } from '#lib/ingest/sync-connection.ts';
import { useDatabase } from '../helpers/database.ts';
import { client, opportunity } from '../helpers/rows.ts';
import { createWorkspace, type Workspace } from '../helpers/workspace.ts';

export const db = useDatabase();
export const folder = mkdtempSync(path.join(tmpdir(), 'tributary-drill-test-'));
export let sandbox: Sandbox;
export let whole: Workspace;
export let begun: Workspace;
/** Whether this machine has a pg_dump for the server of the tests. */
export let hasTools: boolean;

const request = ({ tenant, connection }: Workspace) => ({
  tenantId: tenant.id,
  connectionId: connection.id,
  trigger: 'cli' as const,
});
const account = (name: string) => {
  const rows = {
    clients: Array.from({ length: 60 }, (_, index) => client(1 + index)),
    opportunities: Array.from({ length: 60 }, (_, index) => opportunity(1 + index)),
  };
  return rowsAccount({ name, webKey: `CT_${name}`, accessToken: `token-of-${name}`, rows });
};
export const copied = { fromUrl: db.url, intoUrl: db.url, carry: transferByCopy };

beforeAll(async () => {
  sandbox = await startSandbox({
    accounts: [account('whole'), account('begun')],
    now: Date.UTC(2026, 10, 20),
  });
  whole = await createWorkspace(sandbox, 'whole', 'whole', { pageSize: 10 });
  begun = await createWorkspace(sandbox, 'begun', 'begun', { pageSize: 10 });
  await syncConnection(request(whole));
  // Slower than they are stored, so that the slice ends between two pages.
  sandbox.faults.arm({ kind: 'latency', ms: 40 });
  expect((await syncSlice({ ...request(begun), sliceMs: 1 })).report).toBeUndefined();
  sandbox.faults.disarm();
  const [{ version } = { version: 0 }] = await db.query<{ version: number }>(
    `select current_setting('server_version_num')::int as version`,
  );
  hasTools = await findTools(version).then(
    () => true,
    () => false,
  );
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await sandbox.close();
});

export const query = async (url: string, text: string): Promise<pg.QueryResultRow[]> => {
  const session = await connect(url);
  return session
    .query(text)
    .then(({ rows }) => rows)
    .finally(() => session.end());
};
