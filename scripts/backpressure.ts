import type { ServerResponse } from 'node:http';

/**
 * Returns a function that resolves once the client has received what was written. The adapter
 * writes everything a route yields without waiting, so a slow client would make us buffer a whole
 * export; a route that yields a lot waits for this before each chunk. When the client disconnects
 * the function resolves at once, and the adapter ends the route's stream.
 */
export function watchDrain(response: ServerResponse): () => Promise<void> {
  let full = false;
  const waiting: (() => void)[] = [];
  const write = response.write.bind(response) as (...args: unknown[]) => boolean;
  response.write = (...args: unknown[]) => {
    full = !write(...args);
    return !full;
  };
  const release = () => {
    full = false;
    for (const resolve of waiting.splice(0)) resolve();
  };
  response.on('drain', release).on('close', release);
  return () =>
    new Promise((resolve) =>
      full && !response.destroyed ? void waiting.push(resolve) : resolve(),
    );
}
