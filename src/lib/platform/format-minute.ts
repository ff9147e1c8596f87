const minuteMs = 60_000;

/**
 * "2026-11-21 14:05 UTC", for messages whose readers are not known. Times to wait for are rounded
 * up, past times down.
 */
export function formatMinuteUtc(at: Date, round: 'up' | 'down' = 'up'): string {
  const minutes = at.getTime() / minuteMs;
  const minute = new Date((round === 'up' ? Math.ceil(minutes) : Math.floor(minutes)) * minuteMs);
  return `${minute.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
