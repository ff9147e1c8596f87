import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toIsoIn, toWallTime } from '#lib/views/exports/local-time.ts';

const formats = new Map<string, Intl.DateTimeFormat>();

/** As the international formats of the runtime tell it for one time alone. */
function formatted(timeZone: string, at: Date): string {
  let format = formats.get(timeZone);
  format ??= new Intl.DateTimeFormat('sv-SE', {
    timeZone,
    dateStyle: 'short',
    timeStyle: 'medium',
  });
  formats.set(timeZone, format);
  return format.format(at);
}

const written = (timeZone: string, at: Date) =>
  toWallTime(timeZone, at).toISOString().slice(0, 19).replace('T', ' ');

describe('local times', () => {
  it('are those of the time zone, also around each change of its offset', () => {
    const zones = [
      'UTC',
      'America/Denver',
      'Europe/Berlin',
      'Australia/Lord_Howe',
      'Asia/Kathmandu',
      'America/St_Johns',
      'Africa/Casablanca',
      'Pacific/Apia',
    ];
    for (const zone of zones)
      for (let hour = Date.UTC(2011, 0); hour < Date.UTC(2013, 0); hour += 1_799_500)
        expect(written(zone, new Date(hour)), zone).toBe(formatted(zone, new Date(hour)));
  });

  it('are those of any time zone at any time', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...Intl.supportedValuesOf('timeZone')),
        fc.date({ min: new Date('1850-01-01'), max: new Date('2400-01-01'), noInvalidDate: true }),
        (zone, at) => {
          expect(written(zone, at)).toBe(formatted(zone, at));
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('name their offset', () => {
    const at = new Date('2026-11-21T16:05:00.999Z');
    expect(toIsoIn('America/Denver', at)).toBe('2026-11-21T09:05:00-07:00');
    expect(toIsoIn('Asia/Kathmandu', at)).toBe('2026-11-21T21:50:00+05:45');
    expect(toIsoIn('UTC', at)).toBe('2026-11-21T16:05:00+00:00');
  });
});
