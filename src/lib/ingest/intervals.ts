import { z } from 'zod';

/**
 * A span of source time that was read whole, ends included, in milliseconds; -Infinity is the
 * beginning of time.
 */
export type Interval = readonly [from: number, to: number];

/** The spans as one sorted list without overlaps. */
export function mergeIntervals(intervals: readonly Interval[]): Interval[] {
  const sorted = intervals.filter(([from, to]) => from <= to).toSorted((a, b) => a[0] - b[0]);
  return sorted.reduce<Interval[]>((merged, next) => {
    const last = merged.at(-1);
    if (last === undefined || next[0] > last[1]) return [...merged, next];
    return [...merged.slice(0, -1), [last[0], Math.max(last[1], next[1])]];
  }, []);
}

/**
 * Up to when everything from the beginning was read; undefined when not even the beginning was.
 * What lies behind a hole counts for nothing.
 */
export function findCoveredUntil(intervals: readonly Interval[]): number | undefined {
  const [first] = mergeIntervals(intervals);
  return first?.[0] === Number.NEGATIVE_INFINITY ? first[1] : undefined;
}

const intervalsSchema = z.array(z.tuple([z.iso.datetime().nullable(), z.iso.datetime()]));

/**
 * From the form in the database: ISO texts, null for the beginning. What is not of that form is no
 * interval.
 */
export function parseIntervals(json: unknown): Interval[] {
  const parsed = intervalsSchema.safeParse(json);
  return parsed.success
    ? parsed.data.map(([from, to]): Interval => [
        from === null ? Number.NEGATIVE_INFINITY : Date.parse(from),
        Date.parse(to),
      ])
    : [];
}

export function serializeIntervals(intervals: readonly Interval[]): [string | null, string][] {
  return intervals.map(([from, to]) => [
    from === Number.NEGATIVE_INFINITY ? null : new Date(from).toISOString(),
    new Date(to).toISOString(),
  ]);
}
