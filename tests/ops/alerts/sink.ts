import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll } from 'vitest';

const webhookSecret = 'a-webhook-secret-of-tests';

/** One notice as the webhook got it. */
interface Received {
  id: string;
  event: string;
  rule: string;
  severity: string;
  count: number;
  url: string;
  alerts: { subject: string; message: string }[];
}

/** A webhook on this machine. */
export interface Sink {
  /** What it has accepted. */
  received: Received[];
  /** How often it was called, also in vain. */
  calls: number;
  /** What it answers; 200 at first. */
  status: number;
}

/**
 * Starts the webhook and points ALERT_WEBHOOK_URL at it. Refuses what is not signed. Call at the
 * top of a file.
 */
export function useSink(): Sink {
  const sink: Sink = { received: [], calls: 0, status: 200 };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      sink.calls += 1;
      const status = isSigned(request.headers, body) ? sink.status : 401;
      if (status === 200) sink.received.push(JSON.parse(body) as Received);
      response.writeHead(status).end('thanks');
    });
  });
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    process.env['ALERT_WEBHOOK_URL'] =
      `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?key=tell-tale`;
    process.env['ALERT_WEBHOOK_SECRET'] = webhookSecret;
  });
  afterAll(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return sink;
}

/** As a receiver checks it by the description in docs/operations/monitoring.md. */
function isSigned(headers: IncomingHttpHeaders, body: string): boolean {
  const timestamp = String(headers['x-tributary-timestamp']);
  const expected = createHmac('sha256', webhookSecret).update(`${timestamp}.${body}`).digest('hex');
  return (
    headers['x-tributary-signature'] === `sha256=${expected}` &&
    Math.abs(Number(timestamp) - Date.now() / 1000) < 300
  );
}
