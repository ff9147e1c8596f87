import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface LimitedServer {
  url: string;
  counts(): { served: number; refused: number };
  /** Refuses everything from now on, and asks to come back in so many seconds. */
  pauseFor(seconds: number): void;
  close(): Promise<void>;
}

/**
 * A source that takes `requests` in each window of its own clock and answers 429 with Retry-After
 * to the rest.
 */
export async function limitedServer({
  requests,
  seconds,
}: {
  requests: number;
  seconds: number;
}): Promise<LimitedServer> {
  let [served, refused, pause] = [0, 0, 0];
  let window = { from: Date.now(), count: 0 };
  const server = createServer((_, response) => {
    if (Date.now() >= window.from + seconds * 1000) window = { from: Date.now(), count: 0 };
    const isOver = pause > 0 || window.count >= requests;
    if (isOver) refused += 1;
    else [served, window.count] = [served + 1, window.count + 1];
    response
      .writeHead(isOver ? 429 : 200, {
        'content-type': 'application/json',
        ...(isOver && { 'retry-after': String(pause || seconds) }),
      })
      .end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    counts: () => ({ served, refused }),
    pauseFor: (given) => {
      pause = given;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
