import type { Changes, Cursor, ReadSpan } from '../connectors/contract/source.ts';
import { mergeIntervals, findCoveredUntil, type Interval } from './intervals.ts';

/** The part of a stream's state that decides what its next pass reads. */
export interface StreamProgress {
  /** When the last complete pass over everything began. */
  fullAt: Date | null;
  /**
   * For streams that follow changes by time: the spans of source time that were read completely.
   */
  intervals: readonly Interval[];
  /** For streams that follow changes by token: the token of the last pass. */
  token: Cursor;
  /** Overrides the stream's own look-back (seconds) when a person has set one. */
  lookbackSeconds: number | null;
}

/**
 * What the next pass reads: everything until a full pass has completed, then only changes, and from
 * time to time everything again (`reconcile`), to find what the changes did not report.
 */
export function chooseSpan(
  changes: Changes | undefined,
  progress: StreamProgress,
  now: Date,
): ReadSpan {
  const full: ReadSpan = { mode: 'full', since: null, token: null };
  if (changes === undefined || progress.fullAt === null) return full;
  const position = changes.by === 'time' ? findCoveredUntil(progress.intervals) : progress.token;
  if (position === undefined || position === null) return full;
  if (now.getTime() - progress.fullAt.getTime() >= changes.reconcileHours * 3_600_000)
    return {
      ...full,
      mode: 'reconcile',
      token: changes.by === 'token' ? progress.token : null,
    };
  if (changes.by === 'token') return { mode: 'changes', since: null, token: progress.token };
  return {
    mode: 'changes',
    since: new Date(
      Number(position) - (progress.lookbackSeconds ?? changes.lookbackSeconds) * 1000,
    ),
    token: null,
  };
}

/**
 * The spans that are covered after a pass. It covers the time up to `newest`, the last change among
 * its items (source time, ms; undefined when it had no items), and not up to our own clock: changes
 * that the source has not listed yet count as unread.
 */
export function extendCoverage(
  span: ReadSpan,
  intervals: readonly Interval[],
  newest: number | undefined,
): Interval[] {
  if (newest === undefined) return [...intervals];
  const from = span.since === null ? Number.NEGATIVE_INFINITY : span.since.getTime();
  return mergeIntervals([...intervals, [from, newest]]);
}
