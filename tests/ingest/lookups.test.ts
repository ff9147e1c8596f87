import { afterAll, beforeAll, expect, it } from 'vitest';
import { bulkAccount, startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { closeDatabase } from '#lib/platform/db/database.ts';
import { syncConnection } from '#lib/ingest/sync-connection.ts';
import { useDatabase } from '../helpers/database.ts';
import { until } from '../helpers/processes.ts';
import { createWorkspace } from '../helpers/workspace.ts';

const db = useDatabase();
const clients = 3_000;
/**
 * Writing and looking up touch up to 15 blocks of a table or an index for each record, however many
 * there are; a statement that reads the whole tenant for each hundred touched 43.
 */
const mostBlocks = 20;
let sandbox: Sandbox;

beforeAll(async () => {
  const account = (name: string) =>
    bulkAccount({
      name,
      webKey: `CT_${name}`,
      accessToken: `token-${name}`,
      clients,
      notesPerClient: 1,
      opportunities: clients,
    });
  sandbox = await startSandbox({ accounts: [account('first'), account('second')] });
  // Keeps the planner without statistics, as in the first minutes of an installation.
  const tables = await db.query<{ name: string }>(
    `select relname as name from pg_class
     where relnamespace = 'public'::regnamespace and relkind = 'r'`,
  );
  for (const { name } of tables)
    await db.query(`alter table "${name}" set (autovacuum_enabled = off)`);
});
afterAll(() => sandbox.close());

interface Blocks {
  index: string;
  blocks: number;
}

/** Blocks that were touched of each index, and of each table outside its indexes. */
async function countBlocks(): Promise<Map<string, number>> {
  const rows = await db.query<Blocks>(
    `select indexrelname as index, (idx_blks_hit + idx_blks_read)::int as blocks
     from pg_statio_user_indexes where schemaname = 'public'
     union all
     select relname, (heap_blks_hit + heap_blks_read)::int
     from pg_statio_user_tables where schemaname = 'public'`,
  );
  return new Map(rows.map(({ index, blocks }) => [index, blocks]));
}

const countLeads = async () =>
  (
    await db.query(`select 1 from pg_stat_user_tables where relname = 'leads' and n_tup_ins = $1`, [
      clients * 2,
    ])
  ).length;

it('a sync of tables without statistics touches a few blocks of each index per record', async () => {
  const sync = async (name: string) => {
    const { tenant, connection } = await createWorkspace(sandbox, name);
    const run = { tenantId: tenant.id, connectionId: connection.id, trigger: 'cli' } as const;
    expect((await syncConnection(run)).status).toBe('success');
    // A connection tells what it has read when it ends.
    await closeDatabase();
  };
  await sync('first');
  const before = await countBlocks();
  await sync('second');
  await until('all rows are counted', async () => (await countLeads()) > 0);
  const after = await countBlocks();
  const perRecord = [...after]
    .map(
      ([name, blocks]) => [name, Math.round((blocks - (before.get(name) ?? 0)) / clients)] as const,
    )
    .toSorted((one, other) => other[1] - one[1]);
  expect(perRecord.filter(([, blocks]) => blocks > mostBlocks)).toEqual([]);
});
