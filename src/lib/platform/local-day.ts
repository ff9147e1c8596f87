const formatters = new Map<string, Intl.DateTimeFormat>();

function getFormatter(timeZone: string): Intl.DateTimeFormat {
  let found = formatters.get(timeZone);
  if (found === undefined) {
    // "sv-SE" writes dates the ISO way: 2026-11-21.
    found = new Intl.DateTimeFormat('sv-SE', {
      timeZone,
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
    });
    formatters.set(timeZone, found);
  }
  return found;
}

/** The calendar day of an instant in a time zone (IANA name), as an ISO date. */
export function toLocalDay(timeZone: string, at: Date): string {
  return timeZone === 'UTC' ? at.toISOString().slice(0, 10) : getFormatter(timeZone).format(at);
}
