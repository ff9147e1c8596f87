import { createServer, type IncomingMessage, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { registerDatabaseGauges } from '#lib/ops/health/gauges.ts';
import { config } from '../src/lib/platform/config.ts';
import { checkReadiness } from '../src/lib/platform/db/readiness.ts';
import { log } from '../src/lib/platform/log.ts';
import { handleMetricsRequest } from '../src/lib/platform/metrics/endpoint.ts';
import { safeReason } from '../src/lib/platform/secrets.ts';

interface Reply {
  status: number;
  headers: Record<string, string>;
  body: string;
}

const toJsonReply = (status: number, body: object): Reply => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

/**
 * Serves /metrics, /healthz and /readyz of the worker to scrapers and supervisors, if METRICS_PORT
 * is set.
 */
export async function startServer(): Promise<Server | undefined> {
  const { METRICS_HOST, METRICS_PORT } = config();
  if (METRICS_PORT === undefined) return undefined;
  registerDatabaseGauges();
  const server = createServer((request, response) => {
    void handleRequest(request)
      .catch(toErrorReply)
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
    'Worker serves metrics',
  );
  return server;
}

async function handleRequest({ method, url, headers }: IncomingMessage): Promise<Reply> {
  const [path] = (url ?? '').split('?', 1);
  if (method !== 'GET' && method !== 'HEAD')
    return toJsonReply(405, { error: 'Only GET is supported here.' });
  if (path === '/metrics') return handleMetricsRequest(headers.authorization);
  if (path === '/healthz') return toJsonReply(200, { status: 'ok' });
  if (path !== '/readyz') return toJsonReply(404, { error: 'There is nothing at this address.' });
  const readiness = await checkReadiness();
  return toJsonReply(readiness.ready ? 200 : 503, readiness);
}

function toErrorReply(error: unknown): Reply {
  log.error(
    { event: 'worker.request_failed', reason: safeReason(error) },
    'A request to the metrics server failed',
  );
  return toJsonReply(500, { error: 'Something went wrong; the log has the details.' });
}
