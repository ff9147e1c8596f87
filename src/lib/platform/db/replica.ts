import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { log } from '../log.ts';
import { safeMessage } from '../secrets.ts';
import { globalDb, replicaDatabase } from './database.ts';
import type { Database, DatabaseHandle } from './pool.ts';
import { isTransient } from './retry.ts';

/** A replica that is further behind is not read from. */
const maxLagSeconds = 5;
/** How often the replica is asked how far it is. */
const checkIntervalMs = 2_000;
const lagTimeoutMs = 1_000;
/** How long a replica that did not answer is left alone. */
const backoffMs = 10_000;

/**
 * Runs `read` on the replica while there is one that is close behind the primary, else on the
 * primary; again on the primary when the replica goes away in the middle. `read` must only read.
 */
export async function readFromReplica<T>(read: (db: Database) => Promise<T>): Promise<T> {
  const replica = replicaDatabase();
  if (replica === undefined || !(await isFresh(replica))) return read(globalDb());
  try {
    return await read(replica.db);
  } catch (error) {
    // Also a statement that the replica cancelled because it was in the way of what came from the
    // primary.
    if (!isTransient(error)) throw error;
    markUnavailable(replica, safeMessage(error));
    return read(globalDb());
  }
}

interface LagCheck {
  replica: DatabaseHandle;
  /** Until when the answer holds, by the clock of performance.now(). */
  until: number;
  isFresh: Promise<boolean>;
}

let latest: LagCheck | undefined;

function isFresh(replica: DatabaseHandle): Promise<boolean> {
  if (latest?.replica === replica && performance.now() < latest.until) return latest.isFresh;
  const result = Promise.race([
    measureLag(replica),
    sleep(lagTimeoutMs, 'silent' as const, { ref: false }),
  ]).then(
    (lag) =>
      lag === 'silent' ? markUnavailable(replica, 'It does not answer.') : isLagAcceptable(lag),
    (error: unknown) => markUnavailable(replica, safeMessage(error)),
  );
  latest = { replica, until: performance.now() + checkIntervalMs, isFresh: result };
  return result;
}

function isLagAcceptable(lagSeconds: number): boolean {
  const close = lagSeconds <= maxLagSeconds;
  if (!close)
    log.warn(
      { event: 'db.replica_behind', count: Math.round(lagSeconds) },
      'The read replica is seconds behind; the primary is read',
    );
  return close;
}

function markUnavailable(replica: DatabaseHandle, reason: string): false {
  log.warn(
    { event: 'db.replica_away', reason },
    'The read replica cannot be read from; the primary is',
  );
  latest = { replica, until: performance.now() + backoffMs, isFresh: Promise.resolve(false) };
  return false;
}

/**
 * At most so many seconds behind; 0 when it has all that the primary had a moment ago, and when it
 * is the primary itself.
 */
async function measureLag(replica: DatabaseHandle): Promise<number> {
  const { rows: primary } = await globalDb().execute<{ position: string; now: string }>(
    sql`select pg_current_wal_lsn()::text as position, clock_timestamp()::text as now`,
  );
  const { position, now } = primary[0] ?? { position: '0/0', now: 'now' };
  const { rows } = await replica.db.execute<{ lag: number | null }>(sql`
    select case when not pg_is_in_recovery() or pg_last_wal_replay_lsn() >= ${position}::pg_lsn then 0
      else extract(epoch from ${now}::timestamptz - pg_last_xact_replay_timestamp())::float8 end as lag`);
  return rows[0]?.lag ?? Number.POSITIVE_INFINITY;
}
