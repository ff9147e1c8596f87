import { afterAll, beforeAll, expect, it } from 'vitest';
import { bulkAccount, startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { closeDatabase } from '#lib/platform/db/database.ts';
import { syncConnection } from '#lib/ingest/sync-connection.ts';
import { useDatabase } from '../helpers/database.ts';
import { until } from '../helpers/processes.ts';
import { createWorkspace } from '../helpers/workspace.ts';

const db = useDatabase();
const clients = { first: 200, second: 1_200 };
let sandbox: Sandbox;

beforeAll(async () => {
  const account = (name: keyof typeof clients) =>
    bulkAccount({
      name,
      webKey: `CT_${name}`,
      accessToken: `token-${name}`,
      clients: clients[name],
    });
  sandbox = await startSandbox({ accounts: [account('first'), account('second')] });
});
afterAll(() => sandbox.close());

/** Entries that reads took from the indexes of leads, but for the one by the source's id. */
async function entriesRead(): Promise<number> {
  const [row] = await db.query<{ read: string }>(
    `select sum(idx_tup_read) as read
     from pg_stat_user_indexes
     where relname = 'leads' and indexrelname <> 'leads_source'`,
  );
  return Number(row?.read ?? 0);
}

it("a workspace newer than the planner's statistics is read by key, row by row", async () => {
  for (const name of ['first', 'second'] as const) {
    const { tenant, connection } = await createWorkspace(sandbox, name);
    const before = await entriesRead();
    expect(
      (await syncConnection({ tenantId: tenant.id, connectionId: connection.id, trigger: 'cli' }))
        .status,
    ).toBe('success');
    // A connection tells what it has read when it ends.
    await closeDatabase();
    await until(
      'all rows are counted',
      async () =>
        (
          await db.query<{ rows: number }>(
            `select n_tup_ins::int as rows from pg_stat_user_tables where relname = 'leads'`,
          )
        )[0]?.rows === (name === 'first' ? clients.first : clients.first + clients.second),
    );
    if (name === 'second') expect((await entriesRead()) - before).toBeLessThan(clients.second * 20);
    await db.query('analyze');
  }
});
