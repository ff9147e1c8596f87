import { setTimeout as sleep } from 'node:timers/promises';
import type { BenchDatabase } from '../kit/cluster.ts';

/** Rows inserted, updated or deleted. */
export interface Written {
  /** In tables of records and of sums over them. */
  records: number;
  /** In tables that tell of the run: snapshots, books, cursor, lease. */
  books: number;
}

const books = [
  'sync_runs',
  'sync_run_streams',
  'stream_states',
  'raw_snapshots',
  'raw_bodies',
  'connections',
  'tenants',
  'rate_budgets',
  'circuits',
  'accounts',
  '_sync_runs',
  '_sync_obj_runs',
  '_rate_limits',
];

/**
 * What `work`, which must end its own connections, writes into a database, as the server counts it.
 */
export async function rowsWrittenBy(
  database: BenchDatabase,
  work: () => Promise<unknown>,
): Promise<Written> {
  const before = await counted(database);
  await work();
  const after = await counted(database);
  return { records: after.records - before.records, books: after.books - before.books };
}

async function counted(database: BenchDatabase): Promise<Written> {
  // A connection reports what it did when it ends, if not before.
  await sleep(1_200);
  const [row] = await database.query<{ records: string; books: string }>(
    `select coalesce(sum(writes) filter (where relname <> all($1)), 0) as records,
       coalesce(sum(writes) filter (where relname = any($1)), 0) as books
     from (select relname, n_tup_ins + n_tup_upd + n_tup_del as writes
     from pg_stat_user_tables
     where schemaname in ('public', 'stripe', 'by_hand')) as tables`,
    [books],
  );
  return { records: Number(row?.records ?? 0), books: Number(row?.books ?? 0) };
}
