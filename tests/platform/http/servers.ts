import { createServer, type RequestListener } from 'node:http';
import {
  createServer as createTcpServer,
  type AddressInfo,
  type Server,
  type Socket,
} from 'node:net';
import { afterAll } from 'vitest';

/** A server on a free loopback port that ends with the test file. */
export interface Listening {
  url: string;
  port: number;
  /** Connections that reached it. */
  connections: () => number;
}

export const serve = (listener: RequestListener, host = '127.0.0.1') =>
  listen(createServer(listener), host);

/** Sends fixed bytes to each request, then ends or resets the connection. */
export const serveBytes = (bytes: string, how: 'end' | 'reset') =>
  listen(
    createTcpServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => {
        socket.write(bytes, () =>
          setTimeout(() => (how === 'end' ? socket.end() : socket.resetAndDestroy()), 30),
        );
      });
    }),
    '127.0.0.1',
  );

async function listen(server: Server, host: string): Promise<Listening> {
  const open = new Set<Socket>();
  let connections = 0;
  server.on('connection', (socket) => {
    connections += 1;
    open.add(socket);
    socket.on('close', () => open.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, host, resolve);
  });
  afterAll(async () => {
    for (const socket of open) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, port, connections: () => connections };
}
