import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  parseCount,
  parseDate,
  parseLabel,
  parsePercent,
  formatPersonName,
  formatDate,
} from '#lib/connectors/clienttether/values.ts';

const rejection = expect.objectContaining({ name: 'RecordRejected' });

describe('parseDate', () => {
  it.each([
    ['2026-10-01 09:30:00', 'UTC', '2026-10-01T09:30:00.000Z'],
    ['2026-10-01 09:30:00', 'America/Denver', '2026-10-01T15:30:00.000Z'],
    ['2026-12-01 09:30:00', 'America/Denver', '2026-12-01T16:30:00.000Z'],
    ['2026-10-01 09:30', 'UTC', '2026-10-01T09:30:00.000Z'],
    ['2026-10-01', 'America/New_York', '2026-10-01T04:00:00.000Z'],
    ['2026-10-01T09:30:00Z', 'America/Denver', '2026-10-01T09:30:00.000Z'],
    ['2026-10-01T09:30:00.123+02:00', 'America/Denver', '2026-10-01T07:30:00.000Z'],
    ['2026-10-01T09:30:00-0530', 'UTC', '2026-10-01T15:00:00.000Z'],
    ['2024-02-29 00:00:00', 'UTC', '2024-02-29T00:00:00.000Z'],
  ])('reads %s in %s', (text, zone, iso) => {
    expect(parseDate(text, 'created', zone)?.toISOString()).toBe(iso);
  });

  it.each([null, '', '  ', '0000-00-00 00:00:00', '0000-00-00'])('is null for %j', (text) => {
    expect(parseDate(text, 'created', 'UTC')).toBeNull();
  });

  it.each([
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
  ])('rejects %s without quoting it', (text) => {
    expect(() => parseDate(text, 'created', 'UTC')).toThrow(rejection);
    expect(() => parseDate(text, 'created', 'UTC')).not.toThrow(new RegExp(text));
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
        const back = parseDate(text, 'created', zone);
        // Where clocks go back an hour is told twice: the text is the same, the instant may be the
        // other one.
        expect(formatDate(back ?? new Date(0), zone)).toBe(text);
        expect(Math.abs((back?.getTime() ?? 0) / 1000 - second)).toBeLessThanOrEqual(3600);
      }),
    );
  });

  it('answers any text with a date, null or a rejection', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.stringMatching(/^\d{4}-\d{2}-\d{2}( \d{2}:\d{2}:\d{2})?$/)),
        (text) => {
          try {
            const date = parseDate(text, 'created', 'UTC');
            expect(date === null || !Number.isNaN(date.getTime())).toBe(true);
          } catch (error) {
            expect(error).toEqual(rejection);
          }
        },
      ),
    );
  });
});

it('reads counts and percentages, and takes other text for none', () => {
  expect(['3', ' 2.0 ', '0', 'two', '2-3', '', '-1', null].map(parseCount)).toEqual([
    3,
    2,
    0,
    null,
    null,
    null,
    null,
    null,
  ]);
  expect(parsePercent('33.333333')).toBe(33.333333);
  expect(parsePercent('0.33333333')).toBe(33.333333);
  expect(['60', '60 %', '0.6', '1', '0', '100', '101', 'high', '', null].map(parsePercent)).toEqual(
    [60, 60, 60, 1, 0, 100, null, null, null, null],
  );
});

it('makes one label of spellings in lower case and leaves out placeholders', () => {
  expect(
    [
      'google',
      'Google',
      ' organic  search ',
      'welearnblog_Home',
      'GOOGLE',
      'Select',
      '-- select --',
      '',
      null,
    ].map(parseLabel),
  ).toEqual([
    'Google',
    'Google',
    'Organic Search',
    'welearnblog_Home',
    'GOOGLE',
    null,
    null,
    null,
    null,
  ]);
});

it('does not take placeholder people for names', () => {
  expect(formatPersonName('Rosa', 'Ellery')).toBe('Rosa Ellery');
  expect(formatPersonName(null, 'Ellery')).toBe('Ellery');
  expect(
    ['No Name Text Added', 'No Name Added by Call', 'no name', ' '].map((name) =>
      formatPersonName(name),
    ),
  ).toEqual([null, null, null, null]);
  expect(formatPersonName('No Name', 'Text Added')).toBeNull();
});
