import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseUnit, cutIntoBuckets } from '#lib/platform/buckets.ts';
import {
  addDays,
  addYears,
  daysBetween,
  firstDay,
  lastDay,
  parsePeriod,
  periodKeys,
} from '#lib/platform/period.ts';
import { toLocalDay } from '#lib/platform/local-day.ts';
import { fromCents, toCents } from '#lib/platform/money.ts';
import { computeNextDue, syncIntervalMs } from '#lib/ingest/schedule.ts';

const day = fc
  .date({ min: new Date(firstDay), max: new Date(lastDay), noInvalidDate: true })
  .map((at) => at.toISOString().slice(0, 10));
const of = (params: Record<string, string>, today = '2026-11-21') =>
  parsePeriod(new URLSearchParams(params), today);

describe('the period of a page', () => {
  it('reads what the address says', () => {
    expect(of({})).toMatchObject({ key: 'all', from: null, to: null, compare: 'none' });
    expect(of({ period: '30d', compare: 'previous' })).toMatchObject({
      from: '2026-10-23',
      to: '2026-11-21',
      compareFrom: '2026-09-23',
      compareTo: '2026-10-22',
    });
    expect(of({ period: 'ytd', compare: 'year' })).toMatchObject({
      from: '2026-01-01',
      compareFrom: '2025-01-01',
      compareTo: '2025-11-21',
    });
    expect(of({ period: '12m' })).toMatchObject({ from: '2025-11-22', to: '2026-11-21' });
    expect(of({ period: 'custom', from: '2026-03-31', to: '2026-03-01' })).toMatchObject({
      from: '2026-03-01',
      to: '2026-03-31',
    });
    for (const rubbish of [
      { period: 'x' },
      { period: 'custom' },
      { period: 'custom', from: '2026-02-30', to: '2026-03-01' },
      { period: 'custom', from: '9999-12-20', to: '9999-12-31' },
      { period: 'custom', from: '0000-01-01', to: '2026-01-01' },
      { period: 'custom', from: '0001-01-01', to: '2026-01-01', compare: 'year' },
      { period: 'custom', from: '1000-01-01', to: '2026-01-01', compare: 'previous' },
      { period: 'custom', from: '1899-12-31', to: '2026-01-01' },
      { period: 'custom', from: '2026-01-01', to: '2201-01-01' },
      { period: 'custom', from: '+010000-01-01', to: '2026-01-01' },
    ])
      expect(of(rubbish as Record<string, string>)).toMatchObject({ key: 'all' });
  });

  it('compares any range with one of the same length that ends the day before', () => {
    fc.assert(
      fc.property(day, day, (from, to) => {
        const period = of({ period: 'custom', from, to, compare: 'previous' });
        expect(daysBetween(period.compareFrom ?? '', period.compareTo ?? '')).toBe(
          daysBetween(period.from ?? '', period.to ?? ''),
        );
        expect(addDays(period.compareTo ?? '', 1)).toBe(period.from);
      }),
    );
  });

  it('stays in the calendar: no key and no day gives a date that does not exist', () => {
    fc.assert(
      fc.property(
        day,
        fc.constantFrom(...periodKeys),
        fc.constantFrom('none', 'previous', 'year'),
        (today, period, compare) => {
          const { from, to, compareFrom, compareTo } = of(
            { period, compare, from: today, to: today },
            today,
          );
          for (const date of [from, to, compareFrom, compareTo])
            if (date !== null)
              expect(new Date(`${date}T00:00:00Z`).toISOString().slice(0, 10)).toBe(date);
        },
      ),
    );
  });

  it('moves by years without falling off 29 February', () => {
    expect(addYears('2024-02-29', -1)).toBe('2023-02-28');
    expect(addYears('2024-02-29', 4)).toBe('2028-02-29');
  });

  it('knows the years 1900 to 2200, and compares also with what lies before them', () => {
    expect(of({ period: 'custom', from: firstDay, to: lastDay, compare: 'year' })).toMatchObject({
      from: '1900-01-01',
      to: '2200-12-31',
      compareFrom: '1899-01-01',
      compareTo: '2199-12-31',
    });
    expect(
      of({ period: 'custom', from: firstDay, to: lastDay, compare: 'previous' }),
    ).toMatchObject({ compareFrom: '1599-01-01', compareTo: '1899-12-31' });
  });

  it('counts around 29 February in the calendar', () => {
    const leapDay = { period: 'custom', from: '2024-02-29', to: '2024-02-29', compare: 'year' };
    expect(of(leapDay)).toMatchObject({ compareFrom: '2023-02-28', compareTo: '2023-02-28' });
    expect(of({ ...leapDay, from: '2024-02-01' })).toMatchObject({
      compareFrom: '2023-02-01',
      compareTo: '2023-02-28',
    });
    expect(of({ period: '12m', compare: 'year' }, '2028-02-29')).toMatchObject({
      from: '2027-03-01',
      compareFrom: '2026-03-01',
      compareTo: '2027-02-28',
    });
    expect(of({ period: 'ytd', compare: 'year' }, '2028-02-29')).toMatchObject({
      compareFrom: '2027-01-01',
      compareTo: '2027-02-28',
    });
  });

  it('refuses days that have no text of four digits for the year', () => {
    expect(() => addDays('9999-12-31', 1)).toThrow(RangeError);
    expect(() => addDays('0000-01-01', -1)).toThrow(RangeError);
  });
});

describe('the buckets of a chart', () => {
  const ranges = fc.tuple(day, day).map(([one, other]) => ({
    from: one < other ? one : other,
    to: one < other ? other : one,
  }));
  const units = ['day', 'week', 'month', 'quarter', 'year', 'fiveYears'] as const;

  it('are at most 62, and cover the range without a hole or an overlap', () => {
    const near = fc.tuple(day, fc.nat(6_000)).map(([from, days]) => {
      const to = addDays(from, days);
      return { from, to: to < lastDay ? to : lastDay };
    });
    fc.assert(
      fc.property(fc.oneof(near, ranges), (range) => {
        const buckets = cutIntoBuckets(chooseUnit(range), range);
        expect(buckets.length).toBeLessThanOrEqual(62);
        expect([buckets[0]?.from, buckets.at(-1)?.to]).toEqual([range.from, range.to]);
        buckets.forEach(({ from, to }, index) => {
          expect(from <= to).toBe(true);
          if (index > 0) expect(from).toBe(addDays(buckets[index - 1]?.to ?? '', 1));
        });
      }),
      { numRuns: 500 },
    );
  });

  it('begin where the calendar begins them, in every unit', () => {
    fc.assert(
      fc.property(day, fc.nat(4_000), fc.constantFrom(...units), (from, days, unit) => {
        const inner = cutIntoBuckets(unit, { from, to: addDays(from, days) }).slice(1);
        for (const { from: start } of inner) {
          const [year = 0, month = 0, date = 0] = start.split('-').map(Number);
          expect(
            {
              day: true,
              week: new Date(start).getUTCDay() === 1,
              month: date === 1,
              quarter: date === 1 && month % 3 === 1,
              year: date === 1 && month === 1,
              fiveYears: date === 1 && month === 1 && year % 5 === 0,
            }[unit],
          ).toBe(true);
        }
      }),
    );
  });

  it.each([
    ['2026-11-01', '2026-12-01', 'day', 31],
    ['2026-11-01', '2026-12-02', 'week', 6],
    ['2026-01-01', '2026-06-30', 'week', 27],
    ['2025-11-22', '2026-11-21', 'month', 13],
    ['2020-01-01', '2026-11-21', 'quarter', 28],
    ['1990-01-01', '2026-11-21', 'year', 37],
    ['1900-01-01', '2200-12-31', 'fiveYears', 61],
  ])('of %s to %s are by %s: %i', (from, to, unit, count) => {
    expect(chooseUnit({ from, to })).toBe(unit);
    expect(cutIntoBuckets(chooseUnit({ from, to }), { from, to })).toHaveLength(count);
  });
});

describe('days and amounts', () => {
  it('a day is the calendar day of the zone, also around clock changes', () => {
    expect(toLocalDay('America/Denver', new Date('2026-03-01T06:59:59Z'))).toBe('2026-02-28');
    expect(toLocalDay('America/Denver', new Date('2026-03-01T07:00:00Z'))).toBe('2026-03-01');
    expect(toLocalDay('Pacific/Auckland', new Date('2026-06-30T12:00:00Z'))).toBe('2026-07-01');
  });

  it('amounts survive cents and back', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 16n), max: 10n ** 16n }), (cents) => {
        expect(toCents(fromCents(cents))).toBe(cents);
      }),
    );
    expect([toCents('0.5'), toCents('-12.30'), toCents('7')]).toEqual([50n, -1230n, 700n]);
  });

  it('a connection is due once in each interval, at its own minute, always later', () => {
    fc.assert(
      fc.property(
        fc.uuid(),
        fc.date({ min: new Date('2026-01-01'), max: new Date('2027-01-01'), noInvalidDate: true }),
        (id, now) => {
          const due = computeNextDue(id, now);
          expect(
            due.getTime() > now.getTime() && due.getTime() - now.getTime() <= syncIntervalMs,
          ).toBe(true);
          expect(computeNextDue(id, due).getTime() - due.getTime()).toBe(syncIntervalMs);
        },
      ),
    );
  });
});
