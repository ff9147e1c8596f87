import { and, asc, eq, gt, inArray, sql } from 'drizzle-orm';
import { retryOnDbOutage } from '../../platform/db/retry.ts';
import { readDatabaseTime } from '../../platform/db/time.ts';
import type { Tx } from '../../platform/db/pool.ts';
import type { RateWindow, WindowReading } from '../../connectors/contract/limits.ts';
import { withTenant } from '../../identity/tenancy/with-tenant.ts';
import { rateLimitWindows } from '../../schema/connections.ts';
import { computeNextPause, type NewPause } from './pauses.ts';
import { applyReading, allocateUnits, type Allocation, type WindowState } from './windows.ts';

/**
 * The row that holds a pause of the whole connection; windows have one each under their own name.
 */
const wholeConnection = 'all';

/** Whose budget it is. */
export interface RateLimitOwner {
  tenantId: string;
  connectionId: string;
}

/** What the database said, and what its clock showed then. */
export interface AtDbTime<T> {
  at: Date;
  value: T;
}

export type AcquireResult = Allocation | { kind: 'paused'; until: Date };

/**
 * Takes units out of all windows or none, for whichever worker comes first. A pause gives none to
 * anybody.
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

/** Until when the connection is to leave its source alone; null when it need not. */
export function readPause({
  tenantId,
  connectionId,
}: RateLimitOwner): Promise<AtDbTime<Date | null>> {
  return retryOnDbOutage(() =>
    withTenant(tenantId, async (tx) => {
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
    }),
  );
}

/**
 * Stops the connection for all workers. The longest pause wins. The answer is until when it holds.
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

/** Writes down what an answer said of the windows. The answer is how they stand now. */
export function recordReadings(
  owner: RateLimitOwner,
  windows: readonly RateWindow[],
  readings: readonly WindowReading[],
): Promise<AtDbTime<WindowState[]>> {
  return changeRateLimit(
    owner,
    windows.map(({ name }) => name),
    (rows, at) => {
      const changed = windows.flatMap((window) => {
        const reading = readings.find((one) => one.window === window.name);
        const state =
          reading &&
          applyReading(
            window,
            rows.find((row) => row.window === window.name),
            reading,
            at,
          );
        return state === undefined ? [] : [withoutPause(state)];
      });
      return {
        value: [
          ...rows.filter(({ window }) => !changed.some((row) => row.window === window)),
          ...changed,
        ],
        changed,
      };
    },
  );
}

/** The pauses in force in a workspace, by connection. */
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
 * One short transaction: locks the rows, applies the rule to them and to the database's clock, and
 * writes what it changed.
 */
function changeRateLimit<T>(
  owner: RateLimitOwner,
  windows: string[],
  rule: Rule<T>,
): Promise<AtDbTime<T>> {
  return retryOnDbOutage(() =>
    withTenant(owner.tenantId, async (tx) => {
      const names = [wholeConnection, ...windows];
      let rows = await lockRows(tx, owner, names);
      if (rows.length < names.length) {
        await tx
          .insert(rateLimitWindows)
          .values(names.map((window) => ({ ...owner, window })))
          .onConflictDoNothing();
        rows = await lockRows(tx, owner, names);
      }
      // Asked for once the rows are held: the wait for them may have been long.
      const at = await readDatabaseTime(tx);
      const { value, changed } = rule(rows, at);
      if (changed.length > 0) await writeRows(tx, owner, changed);
      return { at, value };
    }),
  );
}

/** In one order for everybody, so that no two wait for each other. */
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
