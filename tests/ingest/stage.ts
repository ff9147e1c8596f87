import { afterAll, afterEach, beforeEach } from 'vitest';
import { rowsAccount, startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { syncConnection } from '#lib/ingest/sync-connection.ts';
import { useDatabase } from '../helpers/database.ts';
import { client, opportunity } from '../helpers/rows.ts';
import { expectBalancedBooks, expectExactRollups, expectTruth } from '../helpers/truth.ts';
import { createWorkspace, type Workspace } from '../helpers/workspace.ts';

export const db = useDatabase();
/* Live bindings: each test has a sandbox and a workspace of its own. */
export let sandbox: Sandbox;
export let workspace: Workspace;
let number = 0;

export const rows = {
  clients: Array.from({ length: 120 }, (_, index) => client(1 + index)),
  opportunities: Array.from({ length: 90 }, (_, index) => opportunity(1 + index)),
  notes: Array.from({ length: 30 }, (_, index) => ({
    id: String(9000 + index),
    contact_id: String(1 + index),
    content: `<p>Spoke to lead ${index}</p>`,
    author: 'Ana Diaz',
    date: '2026-03-04 09:00:00',
  })),
};

beforeEach(async () => {
  sandbox = await startSandbox({
    accounts: [rowsAccount({ name: 'rows', webKey: 'CT_rows', accessToken: 'token-rows', rows })],
    now: Date.UTC(2026, 10, 20),
  });
  number += 1;
  workspace = await createWorkspace(sandbox, 'rows', `rows-${number}`, { pageSize: 30 });
});
afterEach(() => sandbox.close());
afterAll(() => expectBalancedBooks(db));

export const sync = (more = {}) =>
  syncConnection({
    tenantId: workspace.tenant.id,
    connectionId: workspace.connection.id,
    trigger: 'cli',
    ...more,
  });
export const expectConverged = async () => {
  await expectTruth(db, sandbox, 'rows', workspace);
  await expectExactRollups(db);
};
