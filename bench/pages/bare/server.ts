import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import compression from 'compression';
import { bareBuild } from './build.ts';

type Handler = (request: IncomingMessage, response: ServerResponse, next: () => void) => void;

/**
 * Serves the bare page as scripts/web.ts serves ours: node:http, compression, the adapter's
 * handler.
 */
const { handler } = (await import(
  pathToFileURL(path.join(bareBuild, 'server', 'entry.mjs')).href
)) as { handler: Handler };
const compress = compression() as unknown as Handler;
const server = createServer((request, response) =>
  compress(request, response, () =>
    handler(request, response, () => response.writeHead(404).end()),
  ),
);
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.send?.({
    ready: true,
    port: typeof address === 'object' && address !== null ? address.port : 0,
  });
});
const end = () => process.exit(0);
process.on('SIGTERM', end);
process.on('disconnect', end);
