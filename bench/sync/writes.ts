import { closeDatabase } from '../../src/lib/platform/db/database.ts';
import type { BenchDatabase } from '../kit/cluster.ts';

const watchedTables = [
  'leads',
  'opportunities',
  'notes',
  'scheduled_activities',
  'stages',
  'hot_list_items',
];

/**
 * Rows that `work` inserted, updated or deleted in entities and rollups, as the server counts them.
 */
export async function rowsWritten(
  database: BenchDatabase,
  work: () => Promise<unknown>,
): Promise<number> {
  const before = await counted(database);
  await work();
  return (await counted(database)) - before;
}

async function counted(database: BenchDatabase): Promise<number> {
  // A connection reports what it did at its end, if not before.
  await closeDatabase();
  await new Promise((resolve) => setTimeout(resolve, 500));
  const [row] = await database.query<{ writes: string }>(
    `select sum(n_tup_ins + n_tup_upd + n_tup_del) as writes from pg_stat_user_tables
     where relname = any($1) or relname ~ '^(lead_metric|pipeline_stage|stage_entr)'`,
    [watchedTables],
  );
  return Number(row?.writes ?? 0);
}
