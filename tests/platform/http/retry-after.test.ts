import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRetryAfter } from '#lib/platform/http/retry-after.ts';

const now = new Date('2026-11-01T12:00:00Z');
const seconds = (value: string | null | undefined) => {
  const at = parseRetryAfter(value, now);
  return at === undefined ? undefined : (at.getTime() - now.getTime()) / 1000;
};

describe('parseRetryAfter', () => {
  it.each([
    ['0', 0],
    ['1', 1],
    [' 120 ', 120],
    ['3600', 3600],
    ['1.5', 1.5],
    ['+7', 7],
    ['-30', 0],
    ['5000', 5],
    ['90000', 90],
    ['1793534430', 30],
    ['1793534430000', 30],
    ['99999999999999999999', 86_400],
    ['86400000', 86_400],
    ['Sun, 01 Nov 2026 12:00:30 GMT', 30],
    ['Sunday, 01-Nov-26 12:00:30 GMT', 30],
    ['Sun Nov  1 12:00:30 2026', 30],
    ['Sun, 01 Nov 2020 12:00:30 GMT', 0],
    ['Sun, 01 Nov 2099 12:00:30 GMT', 86_400],
    ['2026-11-01T12:00:30Z', 30],
    ['2026-11-01T12:00:30', 30],
    ['2026-11-01 12:00:30', 30],
    ['2026-11-01T13:00:30+01:00', 30],
    ['2026-11-01T12:00:30.500Z', 30.5],
  ])('reads %s', (value, expected) => {
    expect(seconds(value)).toBe(expected);
  });

  it.each([
    null,
    undefined,
    '',
    ' ',
    'soon',
    '1e3',
    '0x10',
    'NaN',
    'Infinity',
    '2026-13-45T99:99:99Z',
    '12 seconds',
    '1,2',
    'Mon, rubbish 99:99:99',
  ])('leaves out %s', (value) => {
    expect(seconds(value)).toBeUndefined();
  });

  it('is within a day from now for any text', () => {
    const numbers = fc.oneof(fc.bigInt().map(String), fc.double().map(String));
    fc.assert(
      fc.property(fc.oneof(fc.string(), numbers), (value) => {
        const wait = seconds(value);
        expect(wait === undefined || (wait >= 0 && wait <= 86_400)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('is the time that a date names, as long as that is within a day from now', () => {
    const near = fc.integer({ min: -3_600, max: 100_000 });
    fc.assert(
      fc.property(near, fc.boolean(), (ahead, isHttp) => {
        const date = new Date(now.getTime() + ahead * 1000);
        expect(seconds(isHttp ? date.toUTCString() : date.toISOString())).toBe(
          Math.min(Math.max(ahead, 0), 86_400),
        );
      }),
    );
  });
});
