import { inspect } from 'node:util';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { SandboxRequest } from './provider.ts';

const MAX_BODY_BYTES = 8 << 20;

/** Reads a request to its end. */
export async function readRequest(req: IncomingMessage): Promise<SandboxRequest> {
  const url = new URL(req.url ?? '/', 'http://sandbox');
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of req as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new Error('request body too large');
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks).toString('utf8');
  return {
    method: req.method ?? 'GET',
    path: url.pathname,
    query: url.searchParams,
    search: /\?(.*)$/s.exec(req.url ?? '')?.[1] ?? '',
    headers: req.headers,
    body,
    params: {},
    account: null,
    endless: false,
  };
}

/** A mistake in the sandbox itself must not look like one of the faults it can play. */
export function confess(res: ServerResponse, error: unknown): void {
  if (res.headersSent) return void res.destroy();
  res.writeHead(500, { 'content-type': 'text/plain' });
  res.end(`sandbox error: ${inspect(error)}`);
}

export function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** Stops listening, lets requests under way end, cuts what is left after `graceMs`. */
export async function drain(server: Server, graceMs: number): Promise<void> {
  const closed = new Promise<void>((done) => server.close(() => done()));
  server.closeIdleConnections();
  const cut = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearTimeout(cut);
}
