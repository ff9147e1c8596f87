import { createServer, type Server } from 'node:net';
import { expect, it } from 'vitest';
import { createHttpClient } from '../../src/lib/platform/http/client.ts';

const inside = [
  '127.0.0.1',
  '::1',
  '::ffff:127.0.0.1',
  '0.0.0.0',
  '10.0.0.5',
  '169.254.169.254',
  'fd00::1',
];
/**
 * Public by its looks, so that the guard lets it pass; whether anything answers there does not
 * matter.
 */
const outside = { address: '93.184.215.14', family: 4 };

/**
 * Listens where a deceived client would knock: names may only be called at the port of https.
 * Undefined where only root may listen there.
 */
function listenForKnocks(): Promise<{ server: Server; knocks: () => number } | undefined> {
  let knocks = 0;
  const server = createServer((socket) => {
    knocks += 1;
    socket.destroy();
  });
  return new Promise((resolve) => {
    server.once('error', () => resolve(undefined));
    server.listen(443, '::', () => resolve({ server, knocks: () => knocks }));
  });
}

/** What each try of one request came to, when the name turns to `address` at its n-th look-up. */
async function tries(address: string, turnsAt: number): Promise<string[]> {
  let lookups = 0;
  const resolve = () => {
    lookups += 1;
    return Promise.resolve([
      lookups >= turnsAt ? { address, family: address.includes(':') ? 6 : 4 } : outside,
    ]);
  };
  const failures: string[] = [];
  const options = {
    allowedHosts: ['api.example.com'],
    allowLoopback: false,
    retry: { retries: 2, baseMs: 1 },
    deadlineMs: 300,
    resolve,
  };
  const client = createHttpClient({
    ...options,
    onRequest: ({ failure }) => failures.push(failure ?? 'answered'),
  });
  await client.request({ url: 'https://api.example.com/' }).catch(() => {});
  await client.close();
  expect(lookups, 'each try looks the name up once and goes where that leads').toBe(
    failures.length,
  );
  return failures;
}

it(
  'a name that turns to an inner address while it is being called leads to no packet inside',
  { timeout: 120_000 },
  async ({ task }) => {
    const sink = await listenForKnocks();
    let requests = 0;
    for (const address of inside) {
      for (const turnsAt of [1, 2, 3]) {
        expect(await tries(address, turnsAt), `${address} at look-up ${turnsAt}`).toEqual([
          ...Array<string>(turnsAt - 1).fill('transient'),
          'permission',
        ]);
        requests += 1;
      }
    }
    expect(sink?.knocks() ?? 0).toBe(0);
    sink?.server.close();
    task.meta.shown = {
      row: 'outbound URL guard: names that change their address while they are called',
      figures: {
        requests,
        'packets inside': sink === undefined ? 'could not listen at port 443' : sink.knocks(),
      },
    };
  },
);
