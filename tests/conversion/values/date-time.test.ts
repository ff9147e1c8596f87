import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDate } from '#lib/connectors/clienttether/values.ts';
import { parseDateTime } from '#lib/conversion/values/date-time.ts';
import { instant } from '#lib/records/text.ts';

describe('parseDateTime', () => {
  it.each([
    ['2026-10-01 09:30:00', 'UTC', '2026-10-01T09:30:00.000Z'],
    ['2026-10-01 09:30:00', 'America/Denver', '2026-10-01T15:30:00.000Z'],
    ['2026-12-01 09:30:00', 'America/Denver', '2026-12-01T16:30:00.000Z'],
    ['2026-10-01 09:30', 'UTC', '2026-10-01T09:30:00.000Z'],
    ['2026-10-01', 'America/New_York', '2026-10-01T04:00:00.000Z'],
    ['2026-10-01T09:30:00Z', 'America/Denver', '2026-10-01T09:30:00.000Z'],
    ['2026-10-01T09:30:00.123+02:00', 'America/Denver', '2026-10-01T07:30:00.123Z'],
    ['2026-10-01T09:30:00-0530', 'UTC', '2026-10-01T15:00:00.000Z'],
    ['2026-10-01T09:30:00.5485487Z', 'UTC', '2026-10-01T09:30:00.548Z'],
    ['2024-02-29 00:00:00', 'UTC', '2024-02-29T00:00:00.000Z'],
  ])('reads %s in %s', (text, zone, iso) => {
    expect(parseDateTime(text, zone)?.toISOString()).toBe(iso);
  });

  it.each([
    null,
    '',
    '  ',
    '0000-00-00 00:00:00',
    '0000-00-00',
    '0000-05-12 00:00:00',
    '-0001-11-30 00:00:00',
    '0001-01-01T00:00:00',
    '1753-01-01T00:00:00Z',
    '2026-05-00 00:00:00',
    '2025-00-15',
    '9999-12-31 23:59:59',
    '2026-02-31 10:00:00',
    '2026-13-01',
    '2026-00-10',
    '2023-02-29',
    '2026-10-01 24:00:00',
    '2026-10-01 10:60:00',
    'yesterday',
    '10/01/2026',
    '1793534430',
    '2026-10-01 10:00:00 PST',
  ])('is null for %j', (text) => {
    expect(parseDateTime(text, 'UTC')).toBeNull();
  });

  it('gives back what formatDate wrote, in any zone', () => {
    const zones = fc.constantFrom(
      'UTC',
      'America/Denver',
      'Asia/Kolkata',
      'Australia/Lord_Howe',
      'Pacific/Apia',
    );
    const seconds = fc.integer({ min: Date.UTC(2000, 0) / 1000, max: Date.UTC(2040, 0) / 1000 });
    fc.assert(
      fc.property(zones, seconds, (zone, second) => {
        const text = formatDate(new Date(second * 1000), zone);
        const back = parseDateTime(text, zone);
        // Where clocks go back an hour is told twice: the text is the same, the instant may be the
        // other one.
        expect(formatDate(back ?? new Date(0), zone)).toBe(text);
        expect(Math.abs((back?.getTime() ?? 0) / 1000 - second)).toBeLessThanOrEqual(3600);
      }),
    );
  });

  it('answers any text with a plausible date or null', () => {
    const texts = fc.oneof(
      fc.string(),
      fc.stringMatching(/^-?\d{4}-\d{2}-\d{2}( \d{2}:\d{2}:\d{2})?$/),
      fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const date = parseDateTime(text, 'UTC');
        expect(date === null || instant().safeParse(date).success).toBe(true);
      }),
    );
  });
});
