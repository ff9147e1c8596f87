import type { IncomingMessage, ServerResponse } from 'node:http';
import { identifyClient } from '../src/lib/identity/auth/client-key.ts';
import { newId } from '../src/lib/platform/id.ts';
import { log } from '../src/lib/platform/log.ts';
import type { Load, ShedReason } from '../src/lib/platform/metrics/load.ts';
import { createFairQueue } from './fair-queue.ts';

export interface Capacity {
  /** How many requests are handled at once. */
  concurrency: number;
  /** How many more may wait. */
  queueSize: number;
}

/**
 * Handles a request; its place is free when the promise resolves, or earlier when it calls `leave`.
 */
export type Serve = (
  request: IncomingMessage,
  response: ServerResponse,
  leave: () => void,
  load: () => Load,
) => Promise<void>;

/** For those who watch over the process. */
const probes = ['/healthz', '/readyz', '/metrics'];

/**
 * Whether a request is from those who watch over the process: they have to reach it above all when
 * it is busy, and know it by its address alone.
 */
export const isProbe = (request: IncomingMessage): boolean => probes.includes(toPath(request));

const toPath = ({ url = '' }: IncomingMessage): string => url.split('?', 1)[0] ?? '';

const retryAfterSeconds = 5;
const message =
  'Too many requests arrived at once. Nothing of this one was carried out. ' +
  'Try again in a few seconds.';

/**
 * Returns a handler that serves a limited number of requests at once, those that wait in the turns
 * of their clients, and refuses those beyond the queue with 503: with more of them at once all
 * would become slower, and an answer that nobody waits for any more would delay the others. A
 * request whose client left while it waited is not served.
 */
export function limitRequests(
  serve: Serve,
  { concurrency, queueSize }: Capacity,
): (request: IncomingMessage, response: ServerResponse) => void {
  const queue = createFairQueue(concurrency, queueSize);
  return (request, response) => {
    if (isProbe(request)) return void serve(request, response, () => {}, queue.load);
    queue.add(findClient(request), {
      refuse: (reason) => refuse(response, toPath(request), reason),
      begin: async () => {
        if (response.destroyed) return;
        await new Promise<void>((resolve, reject) => {
          serve(request, response, resolve, queue.load).then(resolve, reject);
        });
      },
    });
  };
}

function findClient({ headers, socket }: IncomingMessage): string {
  const get = (name: string) => headers[name]?.toString() ?? null;
  return identifyClient({ get }, socket.remoteAddress ?? '');
}

/** Answers without the application, which is what is busy. */
function refuse(response: ServerResponse, pathname: string, kind: ShedReason): void {
  const requestId = newId();
  log.warn(
    { event: 'web.overloaded', status: 503, kind },
    'A request was refused: too many at once',
  );
  const [type, body] = pathname.startsWith('/api/')
    ? ['application/json', toJson(requestId)]
    : ['text/html; charset=utf-8', toPage(requestId)];
  response
    .writeHead(503, {
      'content-type': type,
      'retry-after': String(retryAfterSeconds),
      'x-request-id': requestId,
    })
    .end(body);
}

const toJson = (requestId: string): string =>
  JSON.stringify({ error: { code: 'unavailable', message, requestId } });

/** A page without styles, which the security policy of other responses than pages forbids. */
const toPage = (requestId: string): string => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width" />
    <title>Too many requests at once</title>
  </head>
  <body>
    <h1>Too many requests at once</h1>
    <p>${message}</p>
    <p><a href="">Try again</a></p>
    <p>Request ${requestId}</p>
  </body>
</html>
`;
