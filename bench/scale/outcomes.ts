import type { BenchDatabase } from '../kit/cluster.ts';

/** What became of the syncs within a window. */
export interface Outcome {
  seconds: number;
  /** Syncs that ended. */
  syncs: number;
  failed: number;
  pages: number;
  /** Milliseconds from due to done of each of them. */
  lateMs: number[];
  /** Connections that were due for over a minute at the end, without an end of their sync. */
  overdue: number;
  /** Processor time of all workers, and of PostgreSQL. */
  workerMs: number;
  serverMs: number;
  /** The most database connections of the workers at one moment. */
  connections: number;
}

/** Keeps when connections are due: the engine overwrites it when it begins. */
export async function rememberDue(database: BenchDatabase): Promise<void> {
  await database.query('drop table if exists bench_due');
  await database.query(
    `create table bench_due as
     select id as connection_id, due_at
     from connections c
     where not exists (select from sync_runs r where r.connection_id = c.id)`,
  );
}

export async function listOutcomes(
  database: BenchDatabase,
  from: Date,
  to: Date,
): Promise<Omit<Outcome, 'workerMs' | 'serverMs' | 'connections'>> {
  const ended = await database.query<{ late: number; status: string; pages: number }>(
    `select extract(epoch from r.finished_at - d.due_at)::float8 * 1000 as late, r.status,
       (select coalesce(sum(pages), 0)::int
        from sync_run_streams s
        where s.tenant_id = r.tenant_id and s.run_id = r.id) as pages
     from sync_runs r
     join bench_due d on d.connection_id = r.connection_id
     where r.finished_at >= $1 and r.finished_at < $2`,
    [from, to],
  );
  const [waiting] = await database.query<{ overdue: number }>(
    `select count(*)::int as overdue
     from bench_due d
     where due_at < $1::timestamptz - interval '1 minute' and not exists (
       select from sync_runs r
       where r.connection_id = d.connection_id and r.finished_at < $1)`,
    [to],
  );
  return {
    seconds: (to.getTime() - from.getTime()) / 1000,
    syncs: ended.length,
    failed: ended.filter(({ status }) => status !== 'success').length,
    pages: ended.reduce((sum, { pages }) => sum + pages, 0),
    lateMs: ended.map(({ late }) => late),
    overdue: waiting?.overdue ?? Number.NaN,
  };
}
