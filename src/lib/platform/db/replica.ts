import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { log } from '../log.ts';
import { safeReason } from '../secrets.ts';
import { withoutCancellation } from './cancel.ts';
import { globalDb, replicaDatabase } from './database.ts';
import type { Database, DatabaseHandle } from './pool.ts';
import { isTransient } from './retry.ts';

/** A replica that lags further behind is not used. */
const maxLagSeconds = 5;
/** How often the lag is measured. */
const checkIntervalMs = 2_000;
const lagTimeoutMs = 1_000;
/** How long a replica that failed is not used. */
const backoffMs = 10_000;

/**
 * Runs `read` on the replica if it is close behind the primary, and otherwise on the primary. If
 * the replica fails while reading, `read` is repeated on the primary. `read` must only read.
 */
export async function readFromReplica<T>(read: (db: Database) => Promise<T>): Promise<T> {
  const replica = replicaDatabase();
  if (replica === undefined || !(await isFresh(replica))) return read(globalDb());
  try {
    return await read(replica.db);
  } catch (error) {
    // This includes statements that the replica cancels because they conflict with replication.
    if (!isTransient(error)) throw error;
    markUnavailable(replica, safeReason(error));
    return read(globalDb());
  }
}

interface LagCheck {
  replica: DatabaseHandle;
  /** When the measurement expires, by the clock of performance.now(). */
  until: number;
  isFresh: Promise<boolean>;
}

let latest: LagCheck | undefined;

function isFresh(replica: DatabaseHandle): Promise<boolean> {
  if (latest?.replica === replica && performance.now() < latest.until) return latest.isFresh;
  const result = Promise.race([
    withoutCancellation(() => measureLag(replica)),
    sleep(lagTimeoutMs, 'silent' as const, { ref: false }),
  ]).then(
    (lag) =>
      lag === 'silent' ? markUnavailable(replica, 'It does not respond.') : isLagAcceptable(lag),
    (error: unknown) => markUnavailable(replica, safeReason(error)),
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
 * The lag in seconds, at most. It is 0 when the replica has everything that the primary had a
 * moment ago, and when it is the primary itself.
 */
async function measureLag(replica: DatabaseHandle): Promise<number> {
  const { rows: primary } = await globalDb().execute<{ position: string; now: string }>(
    sql`select pg_current_wal_lsn()::text as position, clock_timestamp()::text as now`,
  );
  const { position, now } = primary[0] ?? { position: '0/0', now: 'now' };
  const { rows } = await replica.db.execute<{ lag: number | null }>(sql`
    select case
      when not pg_is_in_recovery() or pg_last_wal_replay_lsn() >= ${position}::pg_lsn then 0
      else extract(
        epoch from ${now}::timestamptz - pg_last_xact_replay_timestamp()
      )::float8 end as lag`);
  return rows[0]?.lag ?? Number.POSITIVE_INFINITY;
}
