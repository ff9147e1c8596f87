/** Each connection is synced once in this time. */
export const syncIntervalMs = 3_600_000;

/** The next time after `now` at which a connection is due: always at its own minute, so that the load spreads over the hour. */
export function nextDue(connectionId: string, now: Date): Date {
  const offset = offsetOf(connectionId);
  const slot = Math.floor((now.getTime() - offset) / syncIntervalMs) + 1;
  return new Date(slot * syncIntervalMs + offset);
}

/** From the random end of the id; its beginning is a time and would not spread. */
function offsetOf(connectionId: string): number {
  return Number.parseInt(connectionId.slice(-8), 16) % syncIntervalMs;
}
