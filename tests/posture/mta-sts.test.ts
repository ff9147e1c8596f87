import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HARD, startDns, type DnsServer } from '../../sandbox/dns/index.ts';
import { createHttpClient, type OwnedHttpClient } from '../../src/lib/platform/http/client.ts';
import type { HttpClient } from '../../src/lib/platform/http/types.ts';
import { createNodeResolver, type DnsResolver } from '../../src/lib/posture/resolver.ts';
import { scanDomain } from '../../src/lib/posture/scan.ts';
import { createPolicyClient } from '#lib/posture/scan-system.ts';
import { codesOf } from './world.ts';

const domain = `sts.${HARD}`;
const policy = (mode: string, host = 'smtp.google.com') =>
  `version: STSv1\r\nmode: ${mode}\r\nmx: ${host}\r\nmax_age: 86400\r\n`;
let reply = { status: 200, headers: {} as Record<string, string>, body: '' };
let asked: string[] = [];
let server: Server;
let loopback: OwnedHttpClient;
let dns: DnsServer;
let resolver: DnsResolver;

beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(`${request.headers.host} ${request.url}`);
    response
      .writeHead(reply.status, { 'content-type': 'text/plain', ...reply.headers })
      .end(reply.body);
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  loopback = createHttpClient({
    allowedHosts: [],
    allowLoopback: true,
    maxBytes: 64 * 1024,
    retry: { retries: 0 },
  });
  const inside = { a: ['127.0.0.1'] };
  const txt = ['v=STSv1; id=1'];
  const mx: [number, string][] = [[1, 'smtp.google.com']];
  const privates = {
    loop: inside,
    ten: { a: ['10.0.0.1'] },
    six: { aaaa: ['::1'] },
    mixed: { a: ['93.184.215.14', '169.254.169.254'] },
    alias: { cname: 'mta-sts.loop.example' },
  };
  const zone = Object.fromEntries(
    Object.entries(privates).flatMap(([name, records]) => [
      [`${name}.example`, { mx }],
      [`_mta-sts.${name}.example`, { txt }],
      [`mta-sts.${name}.example`, records],
    ]),
  );
  dns = await startDns({ zones: [zone] });
  resolver = createNodeResolver({ servers: [dns.address], timeoutMs: 10_000 });
});
afterAll(async () => {
  resolver.close();
  await Promise.all([dns.close(), loopback.close()]);
  server.close();
});

/** The real client towards this machine, in place of https://mta-sts.<domain>. */
const http: HttpClient = {
  request: (request) =>
    loopback.request({
      ...request,
      url: request.url.replace(
        'https://',
        `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
      ),
    }),
};

describe('the MTA-STS policy', () => {
  it.each([
    ['enforced', { body: policy('enforce') }, 'good', 'enforce', []],
    [
      'with a wildcard for one label',
      { body: policy('enforce', '*.google.com') },
      'good',
      'enforce',
      [],
    ],
    ['under test', { body: policy('testing') }, 'weak', 'testing', ['mta_sts.testing']],
    [
      'switched off',
      { body: 'version: STSv1\nmode: none\nmax_age: 1\n' },
      'weak',
      'none',
      ['mta_sts.none'],
    ],
    [
      'for other mail servers',
      { body: policy('enforce', 'google.com') },
      'bad',
      'enforce',
      ['mta_sts.uncovered'],
    ],
    ['that is not there', { status: 404 }, 'bad', null, ['mta_sts.no_policy']],
    ['that nobody may read', { status: 403 }, 'bad', null, ['mta_sts.no_policy']],
    ['that is a web page', { body: '<html>hello</html>' }, 'bad', null, ['mta_sts.bad_policy']],
    [
      'that is elsewhere',
      { status: 302, headers: { location: 'https://elsewhere.example/' } },
      'bad',
      null,
      ['mta_sts.bad_policy'],
    ],
    ['that never ends', { body: 'x'.repeat(80 * 1024) }, 'bad', null, ['mta_sts.bad_policy']],
    ['on a server that is down', { status: 503 }, 'unknown', null, ['mta_sts.not_reached']],
  ])('%s', async (_what, answer, verdict, mode, codes) => {
    asked = [];
    reply = { status: 200, headers: {}, body: '', ...answer };
    const { mtaSts } = await scanDomain(domain, { resolver, http });
    expect(mtaSts).toMatchObject({ verdict, mode });
    expect(codesOf(mtaSts)).toEqual(codes);
    expect(asked).toEqual([
      expect.stringMatching(new RegExp(`/mta-sts\\.${domain}/\\.well-known/mta-sts\\.txt$`)),
    ]);
  });

  it('says nothing of mail servers that had no answer', async () => {
    reply = { status: 200, headers: {}, body: policy('enforce') };
    const { mx, mtaSts } = await scanDomain(`sts-mx-silent.${HARD}`, { resolver, http });
    expect([mx.verdict, mtaSts.verdict, codesOf(mtaSts)]).toEqual([
      'unknown',
      'unknown',
      ['mta_sts.hosts_unknown'],
    ]);
  });

  it.each(['loop', 'ten', 'six', 'mixed', 'alias'])(
    'is not fetched from inside: %s',
    async (name) => {
      asked = [];
      const client = createPolicyClient(`${name}.example`, resolver);
      try {
        const { mtaSts } = await scanDomain(`${name}.example`, { resolver, http: client });
        expect(mtaSts).toMatchObject({ verdict: 'unknown', mode: null });
        expect(codesOf(mtaSts)).toEqual(['mta_sts.not_reached']);
        expect(asked).toEqual([]);
        await expect(
          client.request({ url: `https://mta-sts.ten.example.evil.example/` }),
        ).rejects.toThrow(/does not belong to/);
      } finally {
        await client.close();
      }
    },
  );
});
