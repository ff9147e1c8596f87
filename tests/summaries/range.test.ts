import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addDays } from '#lib/platform/period.ts';
import { splitRange } from '#lib/summaries/range.ts';

/** Every day from the first to the last. */
function daysOf({ from, to }: { from: string; to: string }): string[] {
  const days = [];
  for (let day = from; day <= to; day = addDays(day, 1)) days.push(day);
  return days;
}

describe('a range split into months and days', () => {
  it('covers each of its days once and no other', () => {
    const range = fc
      .tuple(fc.integer({ min: 0, max: 1500 }), fc.integer({ min: 0, max: 800 }))
      .map(([start, length]) => {
        const from = addDays('2023-01-01', start);
        return { from, to: addDays(from, length) };
      });
    fc.assert(
      fc.property(range, (each) => {
        const { months, days } = splitRange(each);
        expect([...months, ...days].flatMap(daysOf).toSorted()).toEqual(daysOf(each));
        for (const { from, to } of months)
          expect([from.slice(8), addDays(to, 1).slice(8)]).toEqual(['01', '01']);
        expect(days.flatMap(daysOf).length).toBeLessThan(62);
      }),
    );
  });
});
