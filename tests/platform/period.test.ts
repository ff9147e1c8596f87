import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addDays, addYears, daysBetween, parsePeriod, periodKeys } from '#lib/platform/period.ts';
import { toLocalDay } from '#lib/platform/local-day.ts';
import { fromCents, toCents } from '#lib/platform/money.ts';
import { computeNextDue, syncIntervalMs } from '#lib/ingest/schedule.ts';
import { listBucketStarts } from '#lib/views/overview.ts';

const day = fc
  .date({ min: new Date('1970-01-02'), max: new Date('2199-12-30'), noInvalidDate: true })
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

  it('cuts a range into buckets that follow one another and cover it', () => {
    fc.assert(
      fc.property(
        day,
        fc.nat(800),
        fc.constantFrom('week' as const, 'month' as const),
        (from, days, bucket) => {
          const to = addDays(from, days);
          const starts = listBucketStarts(bucket, from, to);
          expect(starts).toEqual(starts.toSorted());
          expect(new Set(starts).size).toBe(starts.length);
          expect((starts[0] ?? '') <= from && (starts.at(-1) ?? '') <= to).toBe(true);
          for (const start of starts)
            expect(
              bucket === 'month'
                ? start.endsWith('-01')
                : new Date(`${start}T00:00:00Z`).getUTCDay() === 1,
            ).toBe(true);
        },
      ),
    );
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
