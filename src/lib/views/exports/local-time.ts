const hourMs = 3_600_000;
/** Hours of one time zone whose offset is kept: more than two years, in less than 2 MB. */
const maxHours = 20_000;
/** Within these years a time is written with four digits, and zones change on the minute. */
const [earliest, latest] = [Date.UTC(1973, 0), Date.UTC(2200, 0)];

/** A time zone: how it writes a time, and its offset in each hour that was asked for. */
interface Zone {
  formatter: Intl.DateTimeFormat;
  /** Milliseconds by hours since 1970; NaN for an hour in which the offset changes. */
  offsets: Map<number, number>;
}

const zones = new Map<string, Zone>();

function getZone(timeZone: string): Zone {
  let zone = zones.get(timeZone);
  if (zone === undefined) {
    // "sv-SE" formats times as in ISO 8601: 2026-11-21 09:05:00.
    const formatter = new Intl.DateTimeFormat('sv-SE', {
      timeZone,
      dateStyle: 'short',
      timeStyle: 'medium',
    });
    zone = { formatter, offsets: new Map() };
    zones.set(timeZone, zone);
  }
  return zone;
}

/**
 * Returns the local time of a time zone as if it were UTC, to the second, because spreadsheets have
 * no time zones. The offset is looked up once for each hour: exports ask for the same hours again
 * and again, and formatting a time takes longer than all else that is done with a cell.
 */
export function toWallTime(timeZone: string, at: Date): Date {
  const zone = getZone(timeZone);
  const seconds = Math.floor(at.getTime() / 1000) * 1000;
  if (!(seconds >= earliest && seconds < latest)) return formatWallTime(zone, at);
  const hour = Math.floor(seconds / hourMs);
  const offset = zone.offsets.get(hour) ?? findOffset(zone, hour);
  return Number.isNaN(offset) ? formatWallTime(zone, at) : new Date(seconds + offset);
}

function formatWallTime({ formatter }: Zone, at: Date): Date {
  return new Date(`${formatter.format(at).replace(' ', 'T')}Z`);
}

/** An hour that begins and ends with the same offset has no other: no zone changes twice in one. */
function findOffset(zone: Zone, hour: number): number {
  const [from, to] = [hour, hour + 1].map((edge) => {
    const at = new Date(edge * hourMs);
    return formatWallTime(zone, at).getTime() - at.getTime();
  });
  const offset = from !== undefined && from === to ? from : Number.NaN;
  if (zone.offsets.size >= maxHours) zone.offsets.clear();
  zone.offsets.set(hour, offset);
  return offset;
}

/**
 * Formats a time as ISO 8601 with the offset of the time zone, to the second:
 * "2026-11-21T09:05:00-07:00".
 */
export function toIsoIn(timeZone: string, at: Date): string {
  const wall = toWallTime(timeZone, at);
  const offset = wall.getTime() - Math.floor(at.getTime() / 1000) * 1000;
  return wall.toISOString().slice(0, 19) + formatOffset(Math.round(offset / 60_000));
}

const offsetTexts = new Map<number, string>();

/** "-07:00" for minutes from UTC, of which there are some dozens in the world. */
function formatOffset(minutes: number): string {
  let text = offsetTexts.get(minutes);
  if (text === undefined) {
    const pad = (part: number) => String(Math.trunc(part)).padStart(2, '0');
    const [hours, rest] = [Math.abs(minutes) / 60, Math.abs(minutes) % 60];
    text = `${minutes < 0 ? '-' : '+'}${pad(hours)}:${pad(rest)}`;
    offsetTexts.set(minutes, text);
  }
  return text;
}
