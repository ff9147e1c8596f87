import { createServer, type IncomingMessage, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { watchDatabase } from '#lib/ops/health/gauges.ts';
import { config } from '../src/lib/platform/config.ts';
import { checkReadiness } from '../src/lib/platform/db/readiness.ts';
import { log } from '../src/lib/platform/log.ts';
import { answerMetrics } from '../src/lib/platform/metrics/endpoint.ts';
import { safeMessage } from '../src/lib/platform/secrets.ts';

interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

const json = (status: number, body: object): Answer => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

/**
 * /metrics, /healthz and /readyz of the worker, if METRICS_PORT is set: for a scraper and a
 * supervisor, not for people.
 */
export async function startServer(): Promise<Server | undefined> {
  const { METRICS_HOST, METRICS_PORT } = config();
  if (METRICS_PORT === undefined) return undefined;
  watchDatabase();
  const server = createServer((request, response) => {
    void answer(request)
      .catch(refusal)
      .then(({ status, headers, body }) =>
        response
          .writeHead(status, { ...headers, 'cache-control': 'no-store' })
          .end(request.method === 'HEAD' ? '' : body),
      );
  });
  server.requestTimeout = 10_000;
  server.listen(METRICS_PORT, METRICS_HOST);
  await once(server, 'listening');
  log.info(
    { event: 'worker.listening', port: (server.address() as AddressInfo).port },
    'Worker answers scrapes',
  );
  return server;
}

async function answer({ method, url, headers }: IncomingMessage): Promise<Answer> {
  const [path] = (url ?? '').split('?', 1);
  if (method !== 'GET' && method !== 'HEAD') return json(405, { error: 'Only GET is known here.' });
  if (path === '/metrics') return answerMetrics(headers.authorization);
  if (path === '/healthz') return json(200, { status: 'ok' });
  if (path !== '/readyz') return json(404, { error: 'There is nothing at this address.' });
  const readiness = await checkReadiness();
  return json(readiness.ready ? 200 : 503, readiness);
}

function refusal(error: unknown): Answer {
  log.error({ event: 'worker.request_failed', reason: safeMessage(error) }, 'A scrape failed');
  return json(500, { error: 'Something went wrong; it is in the log.' });
}
