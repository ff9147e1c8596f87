import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import type { APIContext } from 'astro';
import * as ofConnection from '../../src/pages/api/webhooks/[provider]/[tenantId]/[connectionId].ts';
import * as ofApp from '../../src/pages/api/webhooks/[provider]/index.ts';
import { toJsonResponse } from '../../src/middleware/problems.ts';
import { Problem } from '../../src/lib/platform/errors.ts';

/** The routes behind a server of its own: no build, no pages, real HTTP. */
export async function startDoor(): Promise<{ url: string; close(): void }> {
  const server = createServer((incoming, outgoing) => {
    void answer(incoming).then(async (response) =>
      outgoing
        .writeHead(response.status, Object.fromEntries(response.headers))
        .end(await response.text()),
    );
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => void server.close().closeAllConnections(),
  };
}

async function answer(incoming: IncomingMessage): Promise<Response> {
  const [, , , provider, tenantId, connectionId] = (incoming.url ?? '')
    .replace(/\?.*/, '')
    .split('/');
  const { method = 'GET' } = incoming;
  const body = method === 'GET' ? null : (Readable.toWeb(incoming) as ReadableStream);
  const request = new Request(`http://localhost${incoming.url}`, {
    method,
    headers: incoming.headers as Record<string, string>,
    body,
    duplex: 'half',
  } as RequestInit);
  const context = {
    params: { provider, tenantId, connectionId },
    request,
    locals: { requestId: 'test' },
  } as unknown as APIContext;
  try {
    const { ALL, POST } = tenantId === undefined ? ofApp : ofConnection;
    return await (method === 'POST' ? POST : ALL)(context);
  } catch (error) {
    if (error instanceof Problem) return toJsonResponse(error, 'test');
    throw error;
  }
}
