import { createServer, type Server, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { watchDrain } from '../../scripts/backpressure.ts';

let server: Server;
let client: Socket;
let response: ServerResponse;
let drained: () => Promise<void>;

beforeEach(async () => {
  const answered = Promise.withResolvers<void>();
  server = createServer((_request, to) => {
    response = to;
    drained = watchDrain(to);
    answered.resolve();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.on('error', () => {});
  client.pause();
  client.write('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n');
  await answered.promise;
});
afterEach(() => {
  client.destroy();
  server.close();
});

/**
 * Writes more than any socket takes, and says whether the wait is over within a few turns of the
 * event loop.
 */
async function overfill(): Promise<{ done: boolean; waiting: Promise<void> }> {
  response.write(Buffer.alloc(64 * 1024 * 1024));
  const state = { done: false, waiting: drained() };
  void state.waiting.then(() => (state.done = true));
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  return state;
}

describe('a route that waits for its client', () => {
  it('goes on at once while the client keeps up', async () => {
    response.write('a little');
    await drained();
  });

  it('waits while the client reads nothing, and goes on when it does', async () => {
    const state = await overfill();
    expect(state.done).toBe(false);
    client.resume();
    await state.waiting;
    await drained();
  });

  it('does not wait for a client that went away', async () => {
    const state = await overfill();
    expect(state.done).toBe(false);
    client.destroy();
    await state.waiting;
    await drained();
  });
});
