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
export type Allocation =
  | { kind: 'taken'; units: number; until: Date; states: WindowState[] }
  | { kind: 'empty'; window: RateWindow; until: Date };

/** So many units are taken at once at most, and never more than this share of what is left. */
const maxBatch = 10;
const batchShare = 0.05;

/**
 * Sources name their resets in whole seconds, and clocks are read a little late: windows do not
 * move for less than that.
 */
const roundingMs = 1000;

/** Takes a batch of units out of every window or, when one of them is empty, out of none. */
export function allocateUnits(
  declared: readonly RateWindow[],
  current: readonly WindowState[],
  at: Date,
): Allocation {
  const open = declared.map((window) => ({
    window,
    state: resolveCurrentState(window, current, at),
  }));
  const [longest] = open
    .filter(({ window, state }) => countRemaining(window, state) < 1)
    .toSorted((a, b) => getWindowEnd(b.window, b.state) - getWindowEnd(a.window, a.state));
  if (longest !== undefined)
    return {
      kind: 'empty',
      window: longest.window,
      until: new Date(getWindowEnd(longest.window, longest.state)),
    };
  const units = Math.min(
    ...open.map(({ window, state }) => computeBatch(countRemaining(window, state))),
  );
  const until = new Date(Math.min(...open.map(({ window, state }) => getWindowEnd(window, state))));
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
function computeBatch(left: number): number {
  return Math.min(maxBatch, Math.max(1, Math.floor(left * batchShare)));
}

/** The window as it is now: one that has run out, or never began, begins anew. */
function resolveCurrentState(
  window: RateWindow,
  current: readonly WindowState[],
  at: Date,
): WindowState {
  const state = current.find((one) => one.window === window.name);
  if (state === undefined || isOver(window, state, at))
    return { window: window.name, startedAt: at, used: 0, ceiling: state?.ceiling ?? null };
  // A start that lies clearly ahead is a clock that was put back: the window is not longer for
  // that.
  return state.startedAt.getTime() > at.getTime() + roundingMs
    ? { ...state, startedAt: at }
    : state;
}

function getWindowEnd(
  { seconds }: RateWindow,
  { startedAt }: Pick<WindowState, 'startedAt'>,
): number {
  return startedAt.getTime() + seconds * 1000;
}

function countRemaining({ requests }: RateWindow, { ceiling, used }: WindowState): number {
  return Math.max((ceiling ?? requests) - used, 0);
}

function isOver(window: RateWindow, state: WindowState, at: Date): boolean {
  return getWindowEnd(window, state) <= at.getTime();
}

/**
 * The window after what an answer said of it; undefined when it said nothing new. What is left goes
 * down to what the source says and never up: requests of other workers that are under way are
 * counted here and not there yet. Only another ceiling or the beginning of a window gives more. An
 * answer that belongs to a window that is over tells no more than the ceiling.
 */
export function applyReading(
  window: RateWindow,
  current: WindowState | undefined,
  reading: WindowReading,
  at: Date,
): WindowState | undefined {
  const state = resolveCurrentState(window, current === undefined ? [] : [current], at);
  const ceiling = readCeiling(reading) ?? state.ceiling;
  const { resetsAt } = reading;
  const isOld =
    resetsAt === undefined
      ? current !== undefined && isOver(window, current, at)
      : !(resetsAt > at);
  const updated = {
    ...state,
    ceiling,
    startedAt: resolveStart(window, state, resetsAt ?? null, at),
    used: Math.max(state.used, computeUsed(window, ceiling, reading)),
  };
  const next = isOld ? { ...(current ?? state), ceiling } : updated;
  return current !== undefined && isSame(next, current) ? undefined : next;
}

function resolveStart(
  window: RateWindow,
  state: WindowState,
  resetsAt: Date | null,
  at: Date,
): Date {
  const tolerance = Math.max(roundingMs, window.seconds * 10);
  if (resetsAt === null || Math.abs(resetsAt.getTime() - getWindowEnd(window, state)) <= tolerance)
    return state.startedAt;
  // Nobody is believed who names a longer window than the declared one.
  return new Date(Math.min(resetsAt.getTime() - window.seconds * 1000, at.getTime()));
}

function computeUsed(
  window: RateWindow,
  ceiling: number | null,
  { remaining }: WindowReading,
): number {
  const limit = ceiling ?? window.requests;
  return Number.isFinite(remaining)
    ? Math.min(Math.max(Math.ceil(limit - remaining), 0), limit)
    : 0;
}

const maxCeiling = 2_147_483_647;

function readCeiling({ ceiling }: WindowReading): number | undefined {
  if (ceiling === undefined || !Number.isFinite(ceiling) || ceiling < 1) return undefined;
  return Math.min(Math.floor(ceiling), maxCeiling);
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
export function isSignificant(
  window: RateWindow,
  current: WindowState | undefined,
  reading: WindowReading,
  at: Date,
): boolean {
  const next = applyReading(window, current, reading, at);
  if (current === undefined || next === undefined) return next !== undefined;
  const moved =
    next.ceiling !== current.ceiling || next.startedAt.getTime() !== current.startedAt.getTime();
  return moved || next.used - current.used > Math.floor(countRemaining(window, next) * batchShare);
}
