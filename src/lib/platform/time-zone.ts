/** Whether this is an IANA time zone, such as America/Denver. */
export function isTimeZone(name: string): boolean {
  try {
    return (
      new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== undefined
    );
  } catch {
    return false;
  }
}
