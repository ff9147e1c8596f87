/** A stored item, set out over lines; a text that was cut off is shown as it is. */
export function formatPayload(stored: string): string {
  try {
    return JSON.stringify(JSON.parse(stored), null, 2);
  } catch {
    return stored;
  }
}
