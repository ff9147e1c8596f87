import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { log } from '../log.ts';
import { safeMessage } from '../secrets.ts';
import { globalDb, replicaDatabase } from './database.ts';
import type { Database, DatabaseHandle } from './pool.ts';
import { isPassing } from './retry.ts';

/** A replica that is further behind is not read from. */
const mostLagSeconds = 5;
/** How often the replica is asked how far it is. */
const checkMs = 2_000;
const patienceMs = 1_000;
/** How long a replica that did not answer is left alone. */
const restMs = 10_000;

/**
 * Runs `read` on the replica while there is one that is close behind the primary, else on the
 * primary; again on the primary when the replica goes away in the middle. `read` must only read.
 */
export async function onReplica<T>(read: (db: Database) => Promise<T>): Promise<T> {
  const replica = replicaDatabase();
  if (replica === undefined || !(await isClose(replica))) return read(globalDb());
  try {
    return await read(replica.db);
  } catch (error) {
    // Also a statement that the replica cancelled because it was in the way of what came from the
    // primary.
    if (!isPassing(error)) throw error;
    leave(replica, safeMessage(error));
    return read(globalDb());
  }
}

interface Check {
  replica: DatabaseHandle;
  /** Until when the answer holds, by the clock of performance.now(). */
  until: number;
  isClose: Promise<boolean>;
}

let latest: Check | undefined;

function isClose(replica: DatabaseHandle): Promise<boolean> {
  if (latest?.replica === replica && performance.now() < latest.until) return latest.isClose;
  const answer = Promise.race([
    lagOf(replica),
    sleep(patienceMs, 'silent' as const, { ref: false }),
  ]).then(
    (lag) => (lag === 'silent' ? leave(replica, 'It does not answer.') : judge(lag)),
    (error: unknown) => leave(replica, safeMessage(error)),
  );
  latest = { replica, until: performance.now() + checkMs, isClose: answer };
  return answer;
}

function judge(lagSeconds: number): boolean {
  const close = lagSeconds <= mostLagSeconds;
  if (!close)
    log.warn(
      { event: 'db.replica_behind', count: Math.round(lagSeconds) },
      'The read replica is seconds behind; the primary is read',
    );
  return close;
}

function leave(replica: DatabaseHandle, reason: string): false {
  log.warn(
    { event: 'db.replica_away', reason },
    'The read replica cannot be read from; the primary is',
  );
  latest = { replica, until: performance.now() + restMs, isClose: Promise.resolve(false) };
  return false;
}

/**
 * At most so many seconds behind; 0 when it has all that the primary had a moment ago, and when it
 * is the primary itself.
 */
async function lagOf(replica: DatabaseHandle): Promise<number> {
  const { rows: primary } = await globalDb().execute<{ position: string; now: string }>(
    sql`select pg_current_wal_lsn()::text as position, clock_timestamp()::text as now`,
  );
  const { position, now } = primary[0] ?? { position: '0/0', now: 'now' };
  const { rows } = await replica.db.execute<{ lag: number | null }>(sql`
    select case when not pg_is_in_recovery() or pg_last_wal_replay_lsn() >= ${position}::pg_lsn then 0
      else extract(epoch from ${now}::timestamptz - pg_last_xact_replay_timestamp())::float8 end as lag`);
  return rows[0]?.lag ?? Number.POSITIVE_INFINITY;
}
