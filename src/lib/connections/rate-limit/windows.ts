import type { RateWindow, WindowReading } from '../../connectors/contract/limits.ts';

/** Where one window of a connection stands, over all workers. Times are the database's. */
export interface WindowState {
  window: string;
  startedAt: Date;
  used: number;
  /** What the source's answers told; null is the declared one. */
  ceiling: number | null;
}

/**
 * Units that were taken, good until the first of their windows ends; or the window that is empty
 * until then.
 */
export type Take =
  | { kind: 'taken'; units: number; until: Date; states: WindowState[] }
  | { kind: 'empty'; window: RateWindow; until: Date };

/** So many units are taken at once at most, and never more than this share of what is left. */
const largestBatch = 10;
const batchShare = 0.05;

/**
 * Sources name their resets in whole seconds, and clocks are read a little late: windows do not
 * move for less than that.
 */
const roundingMs = 1000;

/** Takes a batch of units out of every window or, when one of them is empty, out of none. */
export function takeUnits(
  declared: readonly RateWindow[],
  known: readonly WindowState[],
  at: Date,
): Take {
  const open = declared.map((window) => ({ window, state: currentState(window, known, at) }));
  const [longest] = open
    .filter(({ window, state }) => leftOf(window, state) < 1)
    .toSorted((a, b) => endOf(b.window, b.state) - endOf(a.window, a.state));
  if (longest !== undefined)
    return {
      kind: 'empty',
      window: longest.window,
      until: new Date(endOf(longest.window, longest.state)),
    };
  const units = Math.min(...open.map(({ window, state }) => batchOf(leftOf(window, state))));
  const until = new Date(Math.min(...open.map(({ window, state }) => endOf(window, state))));
  return {
    kind: 'taken',
    units,
    until,
    states: open.map(({ state }) => ({ ...state, used: state.used + units })),
  };
}

/**
 * Few at a time when little is left: units that one worker holds and does not use are lost to the
 * others.
 */
function batchOf(left: number): number {
  return Math.min(largestBatch, Math.max(1, Math.floor(left * batchShare)));
}

/** The window as it is now: one that has run out, or never began, begins anew. */
function currentState(window: RateWindow, known: readonly WindowState[], at: Date): WindowState {
  const state = known.find((one) => one.window === window.name);
  if (state === undefined || isOver(window, state, at))
    return { window: window.name, startedAt: at, used: 0, ceiling: state?.ceiling ?? null };
  // A start that lies clearly ahead is a clock that was put back: the window is not longer for
  // that.
  return state.startedAt.getTime() > at.getTime() + roundingMs
    ? { ...state, startedAt: at }
    : state;
}

function endOf({ seconds }: RateWindow, { startedAt }: Pick<WindowState, 'startedAt'>): number {
  return startedAt.getTime() + seconds * 1000;
}

function leftOf({ requests }: RateWindow, { ceiling, used }: WindowState): number {
  return Math.max((ceiling ?? requests) - used, 0);
}

function isOver(window: RateWindow, state: WindowState, at: Date): boolean {
  return endOf(window, state) <= at.getTime();
}

/**
 * The window after what an answer said of it; undefined when it said nothing new. What is left goes
 * down to what the source says and never up: requests of other workers that are under way are
 * counted here and not there yet. Only another ceiling or the beginning of a window gives more. An
 * answer that belongs to a window that is over tells no more than the ceiling.
 */
export function applyReading(
  window: RateWindow,
  known: WindowState | undefined,
  reading: WindowReading,
  at: Date,
): WindowState | undefined {
  const state = currentState(window, known === undefined ? [] : [known], at);
  const ceiling = ceilingOf(reading) ?? state.ceiling;
  const { resetsAt } = reading;
  const isOld =
    resetsAt === undefined ? known !== undefined && isOver(window, known, at) : !(resetsAt > at);
  const told = {
    ...state,
    ceiling,
    startedAt: startOf(window, state, resetsAt ?? null, at),
    used: Math.max(state.used, usedOf(window, ceiling, reading)),
  };
  const next = isOld ? { ...(known ?? state), ceiling } : told;
  return known !== undefined && isSame(next, known) ? undefined : next;
}

function startOf(window: RateWindow, state: WindowState, resetsAt: Date | null, at: Date): Date {
  const tolerance = Math.max(roundingMs, window.seconds * 10);
  if (resetsAt === null || Math.abs(resetsAt.getTime() - endOf(window, state)) <= tolerance)
    return state.startedAt;
  // Nobody is believed who names a longer window than the declared one.
  return new Date(Math.min(resetsAt.getTime() - window.seconds * 1000, at.getTime()));
}

function usedOf(window: RateWindow, ceiling: number | null, { remaining }: WindowReading): number {
  const most = ceiling ?? window.requests;
  return Number.isFinite(remaining) ? Math.min(Math.max(Math.ceil(most - remaining), 0), most) : 0;
}

const largestCeiling = 2_147_483_647;

function ceilingOf({ ceiling }: WindowReading): number | undefined {
  if (ceiling === undefined || !Number.isFinite(ceiling) || ceiling < 1) return undefined;
  return Math.min(Math.floor(ceiling), largestCeiling);
}

function isSame(one: WindowState, other: WindowState): boolean {
  return (
    one.used === other.used &&
    one.ceiling === other.ceiling &&
    one.startedAt.getTime() === other.startedAt.getTime()
  );
}

/**
 * Whether a reading is worth a transaction: it names another ceiling or another end, or clearly
 * less left than `known`, which is behind the other workers by a batch or two. The less is left,
 * the smaller a difference counts.
 */
export function isNews(
  window: RateWindow,
  known: WindowState | undefined,
  reading: WindowReading,
  at: Date,
): boolean {
  const next = applyReading(window, known, reading, at);
  if (known === undefined || next === undefined) return next !== undefined;
  const moved =
    next.ceiling !== known.ceiling || next.startedAt.getTime() !== known.startedAt.getTime();
  return moved || next.used - known.used > Math.floor(leftOf(window, next) * batchShare);
}
