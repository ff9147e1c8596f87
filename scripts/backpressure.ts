import type { ServerResponse } from 'node:http';

/**
 * Watches how a client takes what it is sent. The adapter writes all that a route yields without
 * waiting, so that a slow client would make us hold a whole export; a route that yields much waits
 * for this first. A client that goes away makes nobody wait: the adapter then ends the route's
 * stream.
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
