import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  mergeIntervals,
  parseIntervals,
  findCoveredUntil,
  serializeIntervals,
  type Interval,
} from '#lib/ingest/intervals.ts';
import { chooseSpan, extendCoverage } from '#lib/ingest/span.ts';

const times = { min: 0, max: 1000 };
const interval = fc
  .tuple(fc.oneof(fc.constant(Number.NEGATIVE_INFINITY), fc.integer(times)), fc.integer(times))
  .map(([from, to]): Interval => [from, to]);
const covers = (intervals: readonly Interval[], at: number) =>
  intervals.some(([from, to]) => from <= at && at <= to);

describe('spans of source time', () => {
  it('merge to a sorted list without overlaps that covers the same moments', () => {
    fc.assert(
      fc.property(fc.array(interval), fc.integer(times), (intervals, at) => {
        const merged = mergeIntervals(intervals);
        expect(covers(merged, at)).toBe(covers(intervals, at));
        for (const [index, [from, to]] of merged.entries()) {
          expect(from).toBeLessThanOrEqual(to);
          if (index > 0)
            expect(from).toBeGreaterThan(merged[index - 1]?.[1] ?? Number.POSITIVE_INFINITY);
        }
      }),
    );
  });

  it('are read up to the first hole, and no further', () => {
    fc.assert(
      fc.property(fc.array(interval), (intervals) => {
        const upTo = findCoveredUntil(intervals);
        const fromBeginning = intervals.filter(
          ([from, to]) => from <= to && from === Number.NEGATIVE_INFINITY,
        );
        expect(upTo === undefined).toBe(fromBeginning.length === 0);
        if (upTo !== undefined)
          for (let at = 0; at <= upTo; at += 1) expect(covers(intervals, at)).toBe(true);
        // Ends are whole numbers here, so that half a step behind one lies in a hole or in a span.
        if (upTo !== undefined) expect(covers(intervals, upTo + 0.5)).toBe(false);
      }),
    );
  });

  it('survive the database, and what is damaged counts as not read', () => {
    fc.assert(
      fc.property(fc.array(interval).map(mergeIntervals), (intervals) => {
        expect(parseIntervals(JSON.parse(JSON.stringify(serializeIntervals(intervals))))).toEqual(
          intervals,
        );
      }),
    );
    for (const damaged of [null, {}, [['x', 'y']], [[1, 2]]])
      expect(parseIntervals(damaged)).toEqual([]);
  });
});

describe('what a pass reads', () => {
  const changes = { by: 'time', lookbackSeconds: 60, reconcileHours: 24 } as const;
  const known = {
    fullAt: new Date('2026-11-20T00:00:00Z'),
    intervals: [[Number.NEGATIVE_INFINITY, Date.parse('2026-11-20T10:00:00Z')]] as Interval[],
    token: null,
    lookbackSeconds: null,
  };
  const at = (text: string) => new Date(text);

  it('is everything where the source tells no changes, and until all was read once', () => {
    expect(chooseSpan(undefined, known, at('2026-11-20T11:00:00Z')).mode).toBe('full');
    expect(chooseSpan(changes, { ...known, fullAt: null }, at('2026-11-20T11:00:00Z')).mode).toBe(
      'full',
    );
    expect(
      chooseSpan(changes, { ...known, intervals: [[5, 10]] }, at('2026-11-20T11:00:00Z')).mode,
    ).toBe('full');
  });

  it("is then what changed since shortly before the newest change, by the source's clock", () => {
    expect(chooseSpan(changes, known, at('2026-11-20T11:00:00Z'))).toEqual({
      mode: 'changes',
      since: at('2026-11-20T09:59:00Z'),
      token: null,
    });
    expect(
      chooseSpan(changes, { ...known, lookbackSeconds: 600 }, at('2026-11-20T11:00:00Z')).since,
    ).toEqual(at('2026-11-20T09:50:00Z'));
  });

  it('is everything again now and then', () => {
    expect(chooseSpan(changes, known, at('2026-11-21T00:00:00Z')).mode).toBe('reconcile');
  });

  it('is what came after the token, and everything when there is none', () => {
    const byToken = { ...changes, by: 'token' } as const;
    expect(chooseSpan(byToken, { ...known, token: 'delta-7' }, at('2026-11-20T11:00:00Z'))).toEqual(
      { mode: 'changes', since: null, token: 'delta-7' },
    );
    expect(chooseSpan(byToken, known, at('2026-11-20T11:00:00Z')).mode).toBe('full');
  });

  it('is everything again with the token at hand, so that a stream knows what was there', () => {
    const byToken = { ...changes, by: 'token' } as const;
    expect(chooseSpan(byToken, { ...known, token: 'delta-7' }, at('2026-11-21T00:00:00Z'))).toEqual(
      { mode: 'reconcile', since: null, token: 'delta-7' },
    );
    expect(chooseSpan(changes, known, at('2026-11-21T00:00:00Z'))).toEqual({
      mode: 'reconcile',
      since: null,
      token: null,
    });
  });

  it('moves what is known on to the newest change that it met, and not beyond', () => {
    const span = chooseSpan(changes, known, at('2026-11-20T11:00:00Z'));
    const later = extendCoverage(span, known.intervals, Date.parse('2026-11-20T10:30:00Z'));
    expect(findCoveredUntil(later)).toBe(Date.parse('2026-11-20T10:30:00Z'));
    expect(extendCoverage(span, known.intervals, undefined)).toEqual(known.intervals);
  });
});
