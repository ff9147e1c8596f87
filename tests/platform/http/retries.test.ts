import { describe, expect, it } from 'vitest';
import type { HttpClientOptions, RequestEvent } from '#lib/platform/http/client.ts';
import type { Gate, HttpResponse } from '#lib/platform/http/types.ts';
import { until } from '../../helpers/processes.ts';
import { serve } from './servers.ts';
import { client, failure } from './clients.ts';

/** A client that writes its waits down instead of waiting. */
function impatient(options: Partial<HttpClientOptions> = {}) {
  const waits: number[] = [];
  const sleep = (ms: number) => (waits.push(ms), Promise.resolve());
  return { waits, http: client({ sleep, retry: {}, ...options }) };
}

describe('tries', () => {
  interface Refusal {
    status: number;
    headers?: Record<string, string>;
    body?: string;
  }
  const flaky = (failures: number, fail: Refusal) => {
    let calls = 0;
    const listening = serve((_request, response) => {
      calls += 1;
      if (calls > failures) response.end('{}');
      else response.writeHead(fail.status, fail.headers).end(fail.body);
    });
    return { listening, calls: () => calls };
  };

  it('follow after about 1, 2 and 4 seconds, three times', async () => {
    const server = flaky(3, { status: 503 });
    const { http, waits } = impatient();
    await expect(http.request({ url: (await server.listening).url })).resolves.toMatchObject({
      status: 200,
    });
    expect(waits).toHaveLength(3);
    waits.forEach((wait, n) => {
      expect(wait).toBeGreaterThanOrEqual(750 * 2 ** n);
      expect(wait).toBeLessThanOrEqual(1250 * 2 ** n);
    });
  });

  it('end after the last with its error', async () => {
    const server = flaky(9, { status: 502 });
    const { http } = impatient();
    expect(await failure(http.request({ url: (await server.listening).url }))).toMatchObject({
      kind: 'transient',
      status: 502,
    });
    expect(server.calls()).toBe(4);
  });

  it.each([400, 401, 403, 404])('are not repeated on %i', async (status) => {
    const server = flaky(9, { status });
    const { http } = impatient();
    await failure(http.request({ url: (await server.listening).url }));
    expect(server.calls()).toBe(1);
  });

  it('of writes are repeated only when the source says that it did nothing', async () => {
    const broken = flaky(1, { status: 500 });
    const limited = flaky(1, { status: 429 });
    const { http } = impatient();
    expect(
      await failure(http.request({ method: 'POST', url: (await broken.listening).url, json: {} })),
    ).toMatchObject({ kind: 'transient' });
    await expect(
      http.request({ method: 'POST', url: (await limited.listening).url, json: {} }),
    ).resolves.toMatchObject({ status: 200 });
    expect([broken.calls(), limited.calls()]).toEqual([1, 2]);
  });

  it('of a search by POST are repeated like those of a read', async () => {
    const server = flaky(2, { status: 502 });
    const { http } = impatient();
    const { url } = await server.listening;
    await expect(
      http.request({ method: 'POST', url, json: {}, effect: 'none' }),
    ).resolves.toMatchObject({ status: 200 });
    expect(server.calls()).toBe(3);
  });

  const now = new Date('2026-11-01T12:00:00Z');
  it.each([
    ['20', 20],
    ['20000', 20],
    ['Sun, 01 Nov 2026 12:00:20 GMT', 20],
    ['2026-11-01T12:00:20Z', 20],
    ['-5', 0],
    ['0', 0],
  ])('wait as Retry-After asks: %s', async (value, seconds) => {
    const server = flaky(1, { status: 429, headers: { 'retry-after': value } });
    const { http, waits } = impatient({ now: () => now });
    await http.request({ url: (await server.listening).url });
    expect(waits).toHaveLength(1);
    expect(waits[0]).toBeGreaterThanOrEqual(seconds * 1000);
    expect(waits[0]).toBeLessThanOrEqual(seconds * 1000 + 1000);
  });

  it('wait as a source says in its own way, and else as Retry-After does', async () => {
    const readPause = ({ status, body }: HttpResponse) =>
      status === 429 && body.includes('ten') ? new Date(now.getTime() + 10_000) : undefined;
    for (const [body, least] of [
      ['in ten', 10_000],
      ['soon', 3_000],
    ] as const) {
      const server = flaky(1, { status: 429, headers: { 'retry-after': '3' }, body });
      const { http, waits } = impatient({ now: () => now, readPause });
      await http.request({ url: (await server.listening).url });
      expect(waits[0]).toBeGreaterThanOrEqual(least);
      expect(waits[0]).toBeLessThanOrEqual(least + 1000);
    }
  });

  it('pass only the gates that cover them', async () => {
    const server = flaky(0, { status: 200 });
    const entered: string[] = [];
    const gateOf = (name: string, part?: string): Gate => ({
      ...(part !== undefined && { covers: ({ url }) => url.includes(part) }),
      enter: () => Promise.resolve(void entered.push(name)),
      leave: () => Promise.resolve(),
    });
    const { http } = impatient({ gates: [gateOf('search', 'search'), gateOf('all')] });
    const { url } = await server.listening;
    await http.request({ url: `${url}list` });
    await http.request({ url: `${url}search` });
    expect(entered).toEqual(['all', 'search', 'all']);
  });

  it('are left to later when Retry-After asks for too long', async () => {
    const server = flaky(1, { status: 429, headers: { 'retry-after': '600' } });
    const { http, waits } = impatient({ now: () => now });
    const error = await failure(http.request({ url: (await server.listening).url }));
    expect(error).toMatchObject({ kind: 'rate_limited', until: new Date('2026-11-01T12:10:00Z') });
    expect(waits).toEqual([]);
  });

  it('never wait longer than the limit in all', async () => {
    const server = flaky(9, { status: 429, headers: { 'retry-after': '25' } });
    const { http, waits } = impatient({ now: () => now });
    expect(await failure(http.request({ url: (await server.listening).url }))).toMatchObject({
      kind: 'rate_limited',
    });
    expect(waits).toHaveLength(2);
  });

  it('are reported to the hook without query, headers or body', async () => {
    const server = flaky(1, { status: 500 });
    const events: RequestEvent[] = [];
    const { http } = impatient({ onRequest: (event) => events.push(event) });
    const { url, port } = await server.listening;
    await http.request({ url: `${url}list?key=tell-tale`, headers: { 'x-key': 'tell-tale' } });
    const common = {
      method: 'GET',
      host: `127.0.0.1:${port}`,
      path: '/list',
      ms: expect.any(Number),
    };
    expect(events).toEqual([
      { ...common, attempt: 1, status: 500, failure: 'transient' },
      { ...common, attempt: 2, status: 200 },
    ]);
  });

  it('stop when the caller stops, during a request and during a wait', async () => {
    let isAsked = false;
    const hanging = await serve(() => {
      isAsked = true;
    });
    const limited = flaky(9, { status: 503 });
    for (const [url, isUnderWay] of [
      [hanging.url, () => isAsked],
      [(await limited.listening).url, () => limited.calls() === 1],
    ] as const) {
      const stop = new AbortController();
      const call = failure(
        client({ signal: stop.signal, retry: { retries: 3, baseMs: 20_000 } }).request({ url }),
      );
      await until('the server was asked', isUnderWay);
      stop.abort();
      expect(await call).toMatchObject({ kind: 'transient' });
    }
    expect(limited.calls()).toBe(1);
  });
});
