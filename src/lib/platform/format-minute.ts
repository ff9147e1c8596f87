const minuteMs = 60_000;

/**
 * "2026-11-21 14:05 UTC", for messages that do not know who will read them. A time to wait for is
 * rounded up, one to look back on down.
 */
export function formatMinuteUtc(at: Date, round: 'up' | 'down' = 'up'): string {
  const minutes = at.getTime() / minuteMs;
  const minute = new Date((round === 'up' ? Math.ceil(minutes) : Math.floor(minutes)) * minuteMs);
  return `${minute.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
