import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createUser } from '#lib/identity/auth/users.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { limitRequests } from '../../scripts/admission.ts';
import { useDatabase } from '../helpers/database.ts';
import { allowForLoad } from '../helpers/patience.ts';
import { password, startWeb, type Web, type WebClient } from '../helpers/web.ts';
import { useSlowLeads } from './overload-stage.ts';

allowForLoad();
const db = useDatabase();
const leads = useSlowLeads(db);
let web: Web;
let viewer: WebClient;

beforeAll(async () => {
  web = await startWeb(db.url, { REQUEST_CONCURRENCY: '1', REQUEST_QUEUE_SIZE: '1' });
  viewer = await web.signIn('viewer@north.test');
});
afterAll(async () => web?.stop());

describe('a busy web process', () => {
  it('lets a few wait, refuses the others at once, and always tells that it lives', async () => {
    await leads.slowDown();
    const client = new AbortController();
    const served = viewer.fetch('/w/north/leads', { signal: client.signal });
    served.catch(() => {});
    await leads.untilStuck(1);
    const waiting = viewer.fetch('/w/north/schedule');
    const refused = await untilRefused('/w/north/notes');
    expect(refused.headers.get('retry-after')).toBe('5');
    expect(refused.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(refused.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(await refused.text()).toContain('Try again in a few seconds');
    const api = await viewer.json('/api/leads?tenant=north');
    expect(api).toMatchObject({
      status: 503,
      body: {
        error: {
          code: 'unavailable',
          message: expect.stringContaining('Nothing of this one was carried out') as string,
          requestId: api.headers.get('x-request-id'),
        },
      },
    });
    expect((await viewer.postForm('/sign-out', {})).status).toBe(503);
    for (const path of ['/healthz', '/readyz', '/favicon.svg'])
      expect([path, (await web.visitor().fetch(path)).status]).toEqual([path, 200]);
    client.abort();
    expect((await waiting).status).toBe(200);
    expect((await viewer.fetch('/w/north/notes')).status).toBe(200);
  });
});

/** Repeats a request until the queue is full, because requests arrive in any order. */
async function untilRefused(path: string): Promise<Response> {
  for (;;) {
    const signal = AbortSignal.timeout(500);
    const response = await viewer.fetch(path, { signal }).catch(() => undefined);
    if (response?.status === 503) return response;
  }
}

describe('a flood from one person', () => {
  it('keeps nobody else from the pages, and shows in the metrics', async () => {
    const token = 'a-token-that-only-tests-use';
    const fair = await startWeb(db.url, {
      REQUEST_CONCURRENCY: '4',
      REQUEST_QUEUE_SIZE: '4',
      METRICS_TOKEN: token,
    });
    const readFigures = async () => {
      const headers = { authorization: `Bearer ${token}` };
      const text = await (await fair.visitor().fetch('/metrics', { headers })).text();
      return text.split('\n').filter((line) => /^http_requests_(in_hand|shed)/.test(line));
    };
    try {
      await createTenant({ slug: 'south', name: 'South' });
      await createUser({ email: 'viewer@south.test', password, tenantSlug: 'south' });
      const flooder = await fair.signIn('viewer@north.test');
      const other = await fair.signIn('viewer@south.test');
      await leads.slowDown();
      const client = new AbortController();
      const flood = Array.from({ length: 12 }, () =>
        flooder.fetch('/w/north/leads', { signal: client.signal }).catch(() => undefined),
      );
      await leads.untilStuck(3);
      await expect
        .poll(readFigures, { timeout: 20_000 })
        .toEqual([
          'http_requests_in_hand{state="active"} 3',
          'http_requests_in_hand{state="waiting"} 4',
          'http_requests_shed_total{reason="full"} 5',
          'http_requests_shed_total{reason="displaced"} 0',
        ]);
      for (const asker of [other, fair.visitor()])
        expect((await asker.fetch('/sign-in')).status).toBeLessThan(400);
      expect((await other.fetch('/w/south/dashboard')).status).toBe(200);
      expect(await readFigures()).toContain('http_requests_in_hand{state="waiting"} 4');
      client.abort();
      await Promise.all(flood);
    } finally {
      await fair.stop();
    }
  });
});

describe('a request that waits', () => {
  it('is not served when its client has left meanwhile', async () => {
    const seen: string[] = [];
    const first = Promise.withResolvers<void>();
    const server = createServer(
      limitRequests(
        async ({ url = '' }, response) => {
          seen.push(url);
          if (url === '/first') await first.promise;
          response.end();
        },
        { concurrency: 1, queueSize: 2 },
      ),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const ask = (path: string, init: RequestInit = {}) =>
      fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`, init);
    const served = ask('/first');
    await expect.poll(() => seen).toEqual(['/first']);
    const client = new AbortController();
    const left = ask('/left', { signal: client.signal });
    const open = () =>
      new Promise<number>((resolve) => server.getConnections((_, n) => resolve(n)));
    await expect.poll(open).toBe(2);
    const last = ask('/last');
    await expect.poll(open).toBe(3);
    client.abort();
    await expect(left).rejects.toThrow('aborted');
    await expect.poll(open).toBe(2);
    first.resolve();
    await Promise.all([served, last]);
    expect(seen).toEqual(['/first', '/last']);
    server.close();
  });
});
