import type { RateWindow, WindowReading } from '../../connectors/contract/limits.ts';

/** The state of one rate limit window, shared by all workers. Times are the database's. */
export interface WindowState {
  window: string;
  startedAt: Date;
  used: number;
  /** Requests per window according to the source's responses; null: as the provider declares. */
  ceiling: number | null;
}

/**
 * Either units, valid until the first of their windows ends, or the window that is used up, with
 * the time at which it ends.
 */
export type Allocation =
  | { kind: 'taken'; units: number; until: Date; states: WindowState[] }
  | { kind: 'empty'; window: RateWindow; until: Date };

/** A batch is at most this many units, and at most this share of what is left, but at least one. */
const maxBatch = 10;
const batchShare = 0.05;

/**
 * Differences up to this long do not move a window: sources give resets in whole seconds, and
 * clocks are read a little late.
 */
const roundingMs = 1000;

/**
 * Milliseconds by which a reset may differ for each second of the window, 1 % of its length, before
 * the window moves.
 */
const toleranceMsPerSecond = 10;

/** Takes a batch of units out of every window, or out of none if one of them is used up. Pure. */
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
    .map(({ window, state }) => ({ window, end: getWindowEnd(window, state) }))
    .toSorted((a, b) => b.end - a.end);
  if (longest !== undefined)
    return { kind: 'empty', window: longest.window, until: new Date(longest.end) };
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

/** Smaller the less is left, because units that one worker holds unused are lost to the others. */
function computeBatch(left: number): number {
  return Math.min(maxBatch, Math.max(1, Math.floor(left * batchShare)));
}

/** The present state of a window: one that has ended, or never started, starts now. */
function resolveCurrentState(
  window: RateWindow,
  current: readonly WindowState[],
  at: Date,
): WindowState {
  const state = current.find((one) => one.window === window.name);
  if (state === undefined || isOver(window, state, at))
    return { window: window.name, startedAt: at, used: 0, ceiling: state?.ceiling ?? null };
  // A start in the future means that the clock was set back; the window gets no longer by that.
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
 * Applies what a response said about a window; undefined when nothing changes. The remaining units
 * only go down: requests that other workers have in flight are counted here but not at the source
 * yet. Only a new ceiling or a new window raises them. Of a response that belongs to a window that
 * has ended, only the ceiling counts. Pure.
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
  const tolerance = Math.max(roundingMs, window.seconds * toleranceMsPerSecond);
  if (resetsAt === null || Math.abs(resetsAt.getTime() - getWindowEnd(window, state)) <= tolerance)
    return state.startedAt;
  // A reset further off than the declared length of the window is not believed.
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

/** The column is a 32-bit integer. */
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
 * Whether a reading is worth a transaction: it gives a new ceiling or a new end, or clearly fewer
 * remaining units than `current`, which lags behind the other workers by a batch or two. The fewer
 * units remain, the smaller the difference that counts. Pure.
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
