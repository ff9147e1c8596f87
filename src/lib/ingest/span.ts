import type { Changes, Cursor, ReadSpan } from '../connectors/contract/source.ts';
import { mergeIntervals, findCoveredUntil, type Interval } from './intervals.ts';

/** What the state of a stream says about its next pass. */
export interface StreamProgress {
  /** When the last complete pass over everything began. */
  fullAt: Date | null;
  /** By time: the spans of source time that were read whole. */
  intervals: readonly Interval[];
  /** By token: what the last pass left. */
  token: Cursor;
  /** Instead of the stream's own look-back, when a person has set one. */
  lookbackSeconds: number | null;
}

/**
 * What the next pass reads: everything until everything was read once, then changes, and now and
 * then everything again to find what the changes did not tell.
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
    return { ...full, mode: 'reconcile' };
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
 * The spans after a pass ended whose newest item changed at `newest` (source time, ms; undefined
 * when it had none). The source's own clock decides: what it has not shown yet is not taken as
 * read.
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
