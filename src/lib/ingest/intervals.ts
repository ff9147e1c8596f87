import { z } from 'zod';

/**
 * A span of source time that was read completely, both ends included, in milliseconds; -Infinity
 * stands for the beginning of time.
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
 * The time up to which everything was read; undefined when the beginning was not. Spans after the
 * first gap do not count.
 */
export function findCoveredUntil(intervals: readonly Interval[]): number | undefined {
  const [first] = mergeIntervals(intervals);
  return first?.[0] === Number.NEGATIVE_INFINITY ? first[1] : undefined;
}

const intervalsSchema = z.array(z.tuple([z.iso.datetime().nullable(), z.iso.datetime()]));

/**
 * Parses the form in the database: pairs of ISO texts, null for the beginning of time. Anything
 * else yields no intervals.
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
