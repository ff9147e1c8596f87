/*
 * A workspace that was synced once and may be replayed.
 */
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { rowsAccount, startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { syncConnection } from '#lib/ingest/sync-connection.ts';
import { useDatabase } from '../helpers/database.ts';
import { client, opportunity } from '../helpers/rows.ts';
import { createWorkspace, type Workspace } from '../helpers/workspace.ts';

export const db = useDatabase();
export let sandbox: Sandbox;
export let workspace: Workspace;

beforeAll(async () => {
  // Each client has a list of notes of its own: more lists than one batch takes.
  const rows = {
    clients: Array.from({ length: 560 }, (_, index) => client(1 + index)),
    notes: Array.from({ length: 560 }, (_, index) => ({
      id: String(9000 + index),
      contact_id: String(1 + index),
      content: 'Called',
      date: '2026-03-01 10:00:00',
    })),
    opportunities: Array.from({ length: 30 }, (_, index) => opportunity(1 + index)),
  };
  sandbox = await startSandbox({
    accounts: [
      rowsAccount({ name: 'edges', webKey: 'CT_edges', accessToken: 'token-edges', rows }),
    ],
    now: Date.UTC(2026, 10, 20),
  });
  workspace = await createWorkspace(sandbox, 'edges', 'edges', { pageSize: 50 });
  await sync();
});
afterAll(() => sandbox.close());
beforeEach(() => sandbox.faults.disarm());

export const sync = (options = {}) =>
  syncConnection({
    tenantId: workspace.tenant.id,
    connectionId: workspace.connection.id,
    trigger: 'cli',
    ...options,
  });
