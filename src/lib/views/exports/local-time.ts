const formatters = new Map<string, Intl.DateTimeFormat>();

/**
 * Returns the local time of a time zone as if it were UTC, because spreadsheets have no time zones.
 */
export function toWallTime(timeZone: string, at: Date): Date {
  let formatter = formatters.get(timeZone);
  if (formatter === undefined) {
    // "sv-SE" formats times as in ISO 8601: 2026-11-21 09:05:00.
    formatter = new Intl.DateTimeFormat('sv-SE', {
      timeZone,
      dateStyle: 'short',
      timeStyle: 'medium',
    });
    formatters.set(timeZone, formatter);
  }
  return new Date(`${formatter.format(at).replace(' ', 'T')}Z`);
}

/**
 * Formats a time as ISO 8601 with the offset of the time zone, to the second:
 * "2026-11-21T09:05:00-07:00".
 */
export function toIsoIn(timeZone: string, at: Date): string {
  const wall = toWallTime(timeZone, at);
  const minutes = Math.round((wall.getTime() - Math.floor(at.getTime() / 1000) * 1000) / 60_000);
  const pad = (part: number) => String(Math.trunc(part)).padStart(2, '0');
  const [hours, rest] = [Math.abs(minutes) / 60, Math.abs(minutes) % 60];
  const offset = `${minutes < 0 ? '-' : '+'}${pad(hours)}:${pad(rest)}`;
  return `${wall.toISOString().slice(0, 19)}${offset}`;
}
