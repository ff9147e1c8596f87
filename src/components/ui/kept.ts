import { LRUCache } from 'lru-cache';

/** How many characters of drawings and keys a process keeps; the least recently shown go first. */
const maxSize = 16_000_000;
/** How long it keeps each: data that was deleted does not stay in memory behind it. */
const ttl = 60 * 60_000;

const drawings = new LRUCache<string, string>({
  maxSize,
  ttl,
  ttlAutopurge: true,
  sizeCalculation: (html, key) => html.length + key.length,
});

/**
 * The HTML that `draw` makes of `shows`, drawn once for as long as it is kept. The key holds
 * everything that is shown, as JSON, with the workspace and the person who looks: what has changed
 * in the database has another key, and nobody is given what was drawn for somebody else. `shows`
 * therefore has to be data that JSON can tell apart, and `draw` must depend on nothing else, such
 * as the time.
 */
export async function keepDrawing(
  name: string,
  shows: object,
  draw: () => Promise<string>,
): Promise<string> {
  const key = `${name} ${JSON.stringify(shows)}`;
  const kept = drawings.get(key);
  if (kept !== undefined) return kept;
  // A text that was put together from pieces would be put together again each time it is sent.
  const html = Buffer.from(await draw()).toString();
  drawings.set(key, html);
  return html;
}
