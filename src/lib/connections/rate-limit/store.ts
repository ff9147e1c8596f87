import { and, asc, eq, gt, inArray, sql } from 'drizzle-orm';
import { readDatabaseTime } from '../../platform/db/time.ts';
import type { Tx } from '../../platform/db/pool.ts';
import type { RateWindow, WindowReading } from '../../connectors/contract/limits.ts';
import { retryInTenant } from '../../identity/tenancy/with-tenant.ts';
import { rateLimitWindows } from '../../schema/connections.ts';
import { computeNextPause, type NewPause } from './pauses.ts';
import { applyReading, allocateUnits, type Allocation, type WindowState } from './windows.ts';

/** Name of the row that holds the connection's pause; each window has a row under its own name. */
const wholeConnection = 'all';

/** The connection that a rate limit belongs to. */
export interface RateLimitOwner {
  tenantId: string;
  connectionId: string;
}

/** A result with the database's time at which it was computed. */
export interface AtDbTime<T> {
  at: Date;
  value: T;
}

export type AcquireResult = Allocation | { kind: 'paused'; until: Date };

/**
 * Takes units out of all windows, or out of none if one of them is empty or the connection is
 * paused. Workers get units in the order in which they lock the rows.
 */
export function acquireRateLimit(
  owner: RateLimitOwner,
  windows: readonly RateWindow[],
): Promise<AtDbTime<AcquireResult>> {
  return changeRateLimit<AcquireResult>(
    owner,
    windows.map(({ name }) => name),
    (rows, at) => {
      const until = rows.find(({ window }) => window === wholeConnection)?.blockedUntil;
      if (until && until > at) return { value: { kind: 'paused', until }, changed: [] };
      const value = allocateUnits(windows, rows, at);
      return { value, changed: value.kind === 'taken' ? value.states.map(withoutPause) : [] };
    },
  );
}

/** Until when the connection was last paused; null when it never was. */
export function readPause({
  tenantId,
  connectionId,
}: RateLimitOwner): Promise<AtDbTime<Date | null>> {
  return retryInTenant(tenantId, async (tx) => {
    const all = and(
      eq(rateLimitWindows.tenantId, tenantId),
      eq(rateLimitWindows.connectionId, connectionId),
      eq(rateLimitWindows.window, wholeConnection),
    );
    const [row] = await tx
      .select({ until: rateLimitWindows.blockedUntil })
      .from(rateLimitWindows)
      .where(all);
    return { at: await readDatabaseTime(tx), value: row?.until ?? null };
  });
}

/**
 * Pauses the connection for all workers and returns until when. A longer pause that is in force
 * already stays.
 */
export function pauseRateLimit(owner: RateLimitOwner, pause: NewPause): Promise<AtDbTime<Date>> {
  return changeRateLimit(owner, [], (rows, at) => {
    const known = rows.find(({ window }) => window === wholeConnection);
    const next = computeNextPause(
      { until: known?.blockedUntil ?? null, strikes: known?.used ?? 0 },
      pause,
      at,
    );
    const row = {
      window: wholeConnection,
      startedAt: at,
      used: next.strikes,
      ceiling: null,
      blockedUntil: next.until,
    };
    return { value: next.until, changed: [row] };
  });
}

/** Stores what a response said about the windows, and returns the state of all of them. */
export function recordReadings(
  owner: RateLimitOwner,
  windows: readonly RateWindow[],
  readings: readonly WindowReading[],
): Promise<AtDbTime<WindowState[]>> {
  return changeRateLimit(
    owner,
    windows.map(({ name }) => name),
    (rows, at) => {
      const changed = applyReadings(windows, readings, rows, at);
      const unchanged = rows.filter(({ window }) => !changed.some((row) => row.window === window));
      return { value: [...unchanged, ...changed], changed };
    },
  );
}

/** The rows that the readings change. */
function applyReadings(
  windows: readonly RateWindow[],
  readings: readonly WindowReading[],
  rows: Row[],
  at: Date,
): Row[] {
  return windows.flatMap((window) => {
    const reading = readings.find((one) => one.window === window.name);
    const row = rows.find((one) => one.window === window.name);
    const state = reading && applyReading(window, row, reading, at);
    return state === undefined ? [] : [withoutPause(state)];
  });
}

/** Until when each paused connection of a workspace is paused, by connection id. */
export async function listPauses(tx: Tx, tenantId: string): Promise<Map<string, Date>> {
  const blocked = and(
    eq(rateLimitWindows.tenantId, tenantId),
    eq(rateLimitWindows.window, wholeConnection),
    gt(rateLimitWindows.blockedUntil, sql`now()`),
  );
  const rows = await tx
    .select({ connectionId: rateLimitWindows.connectionId, until: rateLimitWindows.blockedUntil })
    .from(rateLimitWindows)
    .where(blocked);
  return new Map(
    rows.flatMap(({ connectionId, until }) => (until === null ? [] : [[connectionId, until]])),
  );
}

type Row = WindowState & { blockedUntil: Date | null };
type Rule<T> = (rows: Row[], at: Date) => { value: T; changed: Row[] };

const withoutPause = (state: WindowState): Row => ({ ...state, blockedUntil: null });

/**
 * Applies a rule in one short transaction: locks the rows, computes the change by the database's
 * clock, and writes it.
 */
function changeRateLimit<T>(
  owner: RateLimitOwner,
  windows: string[],
  rule: Rule<T>,
): Promise<AtDbTime<T>> {
  return retryInTenant(owner.tenantId, async (tx) => {
    const names = [wholeConnection, ...windows];
    const rows = await lockOrCreateRows(tx, owner, names);
    // Read once the rows are locked: the wait for the locks may have been long.
    const at = await readDatabaseTime(tx);
    const { value, changed } = rule(rows, at);
    if (changed.length > 0) await writeRows(tx, owner, changed);
    return { at, value };
  });
}

async function lockOrCreateRows(tx: Tx, owner: RateLimitOwner, names: string[]): Promise<Row[]> {
  const rows = await lockRows(tx, owner, names);
  if (rows.length === names.length) return rows;
  await tx
    .insert(rateLimitWindows)
    .values(names.map((window) => ({ ...owner, window })))
    .onConflictDoNothing();
  return lockRows(tx, owner, names);
}

/** Locks in one order for all workers, so that no two deadlock. */
function lockRows(
  tx: Tx,
  { tenantId, connectionId }: RateLimitOwner,
  names: string[],
): Promise<Row[]> {
  const { window, startedAt, used, ceiling, blockedUntil } = rateLimitWindows;
  const own = and(
    eq(rateLimitWindows.tenantId, tenantId),
    eq(rateLimitWindows.connectionId, connectionId),
    inArray(window, names),
  );
  return tx
    .select({ window, startedAt, used, ceiling, blockedUntil })
    .from(rateLimitWindows)
    .where(own)
    .orderBy(asc(window))
    .for('update');
}

async function writeRows(tx: Tx, owner: RateLimitOwner, rows: Row[]): Promise<void> {
  await tx
    .insert(rateLimitWindows)
    .values(rows.map((row) => ({ ...owner, ...row })))
    .onConflictDoUpdate({
      target: [rateLimitWindows.tenantId, rateLimitWindows.connectionId, rateLimitWindows.window],
      set: {
        startedAt: sql`excluded.started_at`,
        used: sql`excluded.used`,
        ceiling: sql`excluded.ceiling`,
        blockedUntil: sql`excluded.blocked_until`,
      },
    });
}
