import type { LookupAddress } from 'node:dns';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createHttpClient,
  type HttpClientOptions,
  type OwnedHttpClient,
} from '#lib/platform/http/client.ts';
import { isPublicAddress } from '#lib/platform/http/addresses.ts';
import { isAllowedHost } from '#lib/platform/http/guard.ts';
import { loopbackUrls, otherUrls } from './forbidden-urls.ts';
import { serve, type Listening } from './servers.ts';

const allowedHosts = ['api.example.com', '*.below.test'];
const clients: OwnedHttpClient[] = [];
let sink: Listening;

beforeAll(async () => {
  // All addresses of this machine, IPv4 and IPv6.
  sink = await serve((_request, response) => response.end('{}'), '::');
});
afterAll(async () => {
  await Promise.all(clients.map((client) => client.close()));
});

function client(options: Partial<HttpClientOptions> = {}): OwnedHttpClient {
  const made = createHttpClient({
    allowedHosts,
    allowLoopback: false,
    retry: { retries: 0 },
    deadlineMs: 2000,
    ...options,
  });
  clients.push(made);
  return made;
}

/** Names that resolve are a second way in; no name may get that far here. */
const noLookups = (asked: string[]) => (host: string) => {
  asked.push(host);
  return Promise.resolve<LookupAddress[]>([{ address: '127.0.0.1', family: 4 }]);
};

describe('forbidden URLs', () => {
  it('are at least eighty', () => {
    expect(new Set([...loopbackUrls(1), ...otherUrls]).size).toBeGreaterThanOrEqual(80);
  });

  it('send no packet, ask no resolver and do not echo what they carry', async ({ task }) => {
    const asked: string[] = [];
    const guarded = client({ resolve: noLookups(asked) });
    for (const url of [...loopbackUrls(sink.port), ...otherUrls]) {
      const error = await guarded.request({ url }).then(
        () => 'reached',
        (reason: unknown) => reason,
      );
      expect(error, url).toMatchObject({ name: 'RemoteError', kind: 'permission' });
      expect(String(error), url).not.toMatch(/pass@|key@|passwd/);
    }
    expect(asked).toEqual([]);
    expect(sink.connections()).toBe(0);
    task.meta.shown = {
      row: 'outbound URL guard: forbidden URLs',
      figures: {
        urls: new Set([...loopbackUrls(sink.port), ...otherUrls]).size,
        'connections at the listening sink': sink.connections(),
      },
    };
  });

  it('stay forbidden where loopback is allowed, but for its three plain names', async () => {
    const open = client({ allowLoopback: true });
    const before = sink.connections();
    for (const host of [
      '127.0.0.2',
      '0.0.0.0',
      '[::]',
      '[::ffff:127.0.0.1]',
      'user@127.0.0.1',
      'localhost.',
    ]) {
      await expect(
        open.request({ url: `http://${host}:${sink.port}/` }),
        host,
      ).rejects.toMatchObject({ kind: 'permission' });
    }
    for (const url of otherUrls)
      await expect(open.request({ url }), url).rejects.toMatchObject({ kind: 'permission' });
    expect(sink.connections()).toBe(before);
    for (const host of ['127.0.0.1', 'localhost', '[::1]']) {
      await expect(
        open.request({ url: `http://${host}:${sink.port}/` }),
        host,
      ).resolves.toMatchObject({ status: 200 });
    }
    expect(sink.connections()).toBeGreaterThan(before);
  });
});

describe('allowed names', () => {
  const answers = [
    '127.0.0.1',
    '10.0.0.5',
    '169.254.169.254',
    '::1',
    '::ffff:127.0.0.1',
    'fe80::1%eth0',
    'fd00::1',
    '0.0.0.0',
    'rubbish',
  ];

  it('that resolve to private addresses are not connected to', async () => {
    const before = sink.connections();
    for (const address of answers) {
      const resolve = () => Promise.resolve([{ address, family: address.includes(':') ? 6 : 4 }]);
      for (const allowLoopback of [false, true]) {
        const error = client({ resolve, allowLoopback }).request({
          url: 'https://api.example.com/',
        });
        await expect(error, address).rejects.toMatchObject({ kind: 'permission' });
      }
    }
    expect(sink.connections()).toBe(before);
  });

  it('are refused when only one of their addresses is private, or none is given', async () => {
    const mixed = [
      { address: '93.184.215.14', family: 4 },
      { address: '127.0.0.1', family: 4 },
    ];
    for (const answer of [mixed, []]) {
      const error = client({ resolve: () => Promise.resolve(answer) }).request({
        url: 'https://api.example.com/',
      });
      await expect(error).rejects.toMatchObject({ kind: 'permission' });
    }
  });

  it('that cannot be resolved are worth another try', async () => {
    const resolve = () =>
      Promise.reject(Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' }));
    await expect(
      client({ resolve }).request({ url: 'https://api.example.com/' }),
    ).rejects.toMatchObject({ kind: 'transient' });
  });

  it('are exact, or any name below a suffix', () => {
    expect(
      ['api.example.com', 'a.below.test', 'a.b.below.test'].every((host) =>
        isAllowedHost(host, allowedHosts),
      ),
    ).toBe(true);
    expect(
      ['below.test', '.below.test', 'xbelow.test', 'example.com', 'x.api.example.com'].some(
        (host) => isAllowedHost(host, allowedHosts),
      ),
    ).toBe(false);
  });
});

it('knows public addresses', () => {
  expect(
    ['8.8.8.8', '93.184.215.14', '172.32.0.1', '2606:4700::1111', '2a00:1450:4001::1'].every(
      isPublicAddress,
    ),
  ).toBe(true);
});
