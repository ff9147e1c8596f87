import { and, asc, eq, gt, inArray, sql } from 'drizzle-orm';
import { patiently } from '../../platform/db/retry.ts';
import { databaseTime } from '../../platform/db/time.ts';
import type { Tx } from '../../platform/db/pool.ts';
import type { RateWindow, WindowReading } from '../../connectors/contract/limits.ts';
import { withTenant } from '../../identity/tenancy/with-tenant.ts';
import { rateBudgets } from '../../schema/connections.ts';
import { nextPause, type NewPause } from './pauses.ts';
import { applyReading, takeUnits, type Take, type WindowState } from './windows.ts';

/**
 * The row that holds a pause of the whole connection; windows have one each under their own name.
 */
const everything = 'all';

/** Whose budget it is. */
export interface BudgetOwner {
  tenantId: string;
  connectionId: string;
}

/** What the database said, and what its clock showed then. */
export interface Told<T> {
  at: Date;
  value: T;
}

export type TakeOrPause = Take | { kind: 'paused'; until: Date };

/**
 * Takes units out of all windows or none, for whichever worker comes first. A pause gives none to
 * anybody.
 */
export function takeFromBudget(
  owner: BudgetOwner,
  windows: readonly RateWindow[],
): Promise<Told<TakeOrPause>> {
  return changeBudget<TakeOrPause>(
    owner,
    windows.map(({ name }) => name),
    (rows, at) => {
      const until = rows.find(({ window }) => window === everything)?.blockedUntil;
      if (until && until > at) return { value: { kind: 'paused', until }, changed: [] };
      const value = takeUnits(windows, rows, at);
      return { value, changed: value.kind === 'taken' ? value.states.map(unblocked) : [] };
    },
  );
}

/** Until when the connection is to leave its source alone; null when it need not. */
export function readPause({ tenantId, connectionId }: BudgetOwner): Promise<Told<Date | null>> {
  return patiently(() =>
    withTenant(tenantId, async (tx) => {
      const all = and(
        eq(rateBudgets.tenantId, tenantId),
        eq(rateBudgets.connectionId, connectionId),
        eq(rateBudgets.window, everything),
      );
      const [row] = await tx
        .select({ until: rateBudgets.blockedUntil })
        .from(rateBudgets)
        .where(all);
      return { at: await databaseTime(tx), value: row?.until ?? null };
    }),
  );
}

/**
 * Stops the connection for all workers. The longest pause wins. The answer is until when it holds.
 */
export function pauseBudget(owner: BudgetOwner, pause: NewPause): Promise<Told<Date>> {
  return changeBudget(owner, [], (rows, at) => {
    const known = rows.find(({ window }) => window === everything);
    const next = nextPause(
      { until: known?.blockedUntil ?? null, strikes: known?.used ?? 0 },
      pause,
      at,
    );
    const row = {
      window: everything,
      startedAt: at,
      used: next.strikes,
      ceiling: null,
      blockedUntil: next.until,
    };
    return { value: next.until, changed: [row] };
  });
}

/** Writes down what an answer said of the windows. The answer is how they stand now. */
export function noteReadings(
  owner: BudgetOwner,
  windows: readonly RateWindow[],
  readings: readonly WindowReading[],
): Promise<Told<WindowState[]>> {
  return changeBudget(
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
        return state === undefined ? [] : [unblocked(state)];
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
export async function pausesOf(tx: Tx, tenantId: string): Promise<Map<string, Date>> {
  const blocked = and(
    eq(rateBudgets.tenantId, tenantId),
    eq(rateBudgets.window, everything),
    gt(rateBudgets.blockedUntil, sql`now()`),
  );
  const rows = await tx
    .select({ connectionId: rateBudgets.connectionId, until: rateBudgets.blockedUntil })
    .from(rateBudgets)
    .where(blocked);
  return new Map(
    rows.flatMap(({ connectionId, until }) => (until === null ? [] : [[connectionId, until]])),
  );
}

type Row = WindowState & { blockedUntil: Date | null };
type Rule<T> = (rows: Row[], at: Date) => { value: T; changed: Row[] };

const unblocked = (state: WindowState): Row => ({ ...state, blockedUntil: null });

/**
 * One short transaction: locks the rows, applies the rule to them and to the database's clock, and
 * writes what it changed.
 */
function changeBudget<T>(owner: BudgetOwner, windows: string[], rule: Rule<T>): Promise<Told<T>> {
  return patiently(() =>
    withTenant(owner.tenantId, async (tx) => {
      const names = [everything, ...windows];
      let rows = await lockRows(tx, owner, names);
      if (rows.length < names.length) {
        await tx
          .insert(rateBudgets)
          .values(names.map((window) => ({ ...owner, window })))
          .onConflictDoNothing();
        rows = await lockRows(tx, owner, names);
      }
      // Asked for once the rows are held: the wait for them may have been long.
      const at = await databaseTime(tx);
      const { value, changed } = rule(rows, at);
      if (changed.length > 0) await writeRows(tx, owner, changed);
      return { at, value };
    }),
  );
}

/** In one order for everybody, so that no two wait for each other. */
function lockRows(
  tx: Tx,
  { tenantId, connectionId }: BudgetOwner,
  names: string[],
): Promise<Row[]> {
  const { window, startedAt, used, ceiling, blockedUntil } = rateBudgets;
  const own = and(
    eq(rateBudgets.tenantId, tenantId),
    eq(rateBudgets.connectionId, connectionId),
    inArray(window, names),
  );
  return tx
    .select({ window, startedAt, used, ceiling, blockedUntil })
    .from(rateBudgets)
    .where(own)
    .orderBy(asc(window))
    .for('update');
}

async function writeRows(tx: Tx, owner: BudgetOwner, rows: Row[]): Promise<void> {
  await tx
    .insert(rateBudgets)
    .values(rows.map((row) => ({ ...owner, ...row })))
    .onConflictDoUpdate({
      target: [rateBudgets.tenantId, rateBudgets.connectionId, rateBudgets.window],
      set: {
        startedAt: sql`excluded.started_at`,
        used: sql`excluded.used`,
        ceiling: sql`excluded.ceiling`,
        blockedUntil: sql`excluded.blocked_until`,
      },
    });
}
