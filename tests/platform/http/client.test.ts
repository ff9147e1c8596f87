import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import {
  createHttpClient,
  type HttpClientOptions,
  type OwnedHttpClient,
  type RequestEvent,
} from '#lib/platform/http/client.ts';
import type { RemoteError } from '#lib/platform/http/errors.ts';
import { serve, serveBytes } from './servers.ts';

const clients: OwnedHttpClient[] = [];
afterAll(async () => {
  await Promise.all(clients.map((client) => client.close()));
});

function client(options: Partial<HttpClientOptions> = {}): OwnedHttpClient {
  const made = createHttpClient({
    allowedHosts: [],
    allowLoopback: true,
    retry: { retries: 0 },
    ...options,
  });
  clients.push(made);
  return made;
}

/** A client that writes its waits down instead of waiting. */
function impatient(options: Partial<HttpClientOptions> = {}) {
  const waits: number[] = [];
  const sleep = (ms: number) => (waits.push(ms), Promise.resolve());
  return { waits, http: client({ sleep, retry: {}, ...options }) };
}

const failure = (call: Promise<unknown>) =>
  call.then(
    () => Promise.reject(new Error('it succeeded')),
    (error: RemoteError) => error,
  );

describe('answers', () => {
  it('come decoded and whole, with query, headers and JSON sent', async () => {
    const echo = await serve((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        response.writeHead(201, {
          'content-type': 'application/json',
          'content-encoding': 'gzip',
          'set-cookie': 'session=secret',
        });
        response.end(
          gzipSync(
            JSON.stringify({
              method: request.method,
              url: request.url,
              key: request.headers['x-key'],
              body,
            }),
          ),
        );
      });
    });
    const answer = await client().request({
      method: 'POST',
      url: `${echo.url}a?b=1`,
      query: { c: 'é&', d: undefined, e: 2 },
      headers: { 'X-Key': 'k' },
      json: { n: 1 },
    });
    expect(answer).toMatchObject({ status: 201, contentType: 'application/json' });
    expect(JSON.parse(answer.body)).toEqual({
      method: 'POST',
      url: '/a?b=1&c=%C3%A9%26&e=2',
      key: 'k',
      body: '{"n":1}',
    });
    expect(JSON.stringify(answer.headers)).not.toContain('secret');
  });

  it('without content are answers too', async () => {
    const server = await serve((_request, response) => response.writeHead(204).end());
    await expect(client().request({ method: 'DELETE', url: server.url })).resolves.toMatchObject({
      status: 204,
      body: '',
    });
  });

  it.each([
    [401, 'auth'],
    [403, 'permission'],
    [404, 'gone'],
    [410, 'gone'],
    [408, 'transient'],
    [425, 'transient'],
    [429, 'rate_limited'],
    [500, 'transient'],
    [502, 'transient'],
    [503, 'transient'],
    [599, 'transient'],
    [400, 'malformed'],
    [409, 'malformed'],
    [422, 'malformed'],
    [300, 'malformed'],
    [304, 'malformed'],
  ])('with status %i are errors of kind %s that quote nothing', async (status, kind) => {
    const server = await serve((_request, response) =>
      response.writeHead(status).end('<p>tell-tale body</p>'),
    );
    const error = await failure(
      client().request({ url: server.url, headers: { 'x-key': 'tell-tale key' } }),
    );
    expect(error).toMatchObject({ name: 'RemoteError', kind, status });
    expect(JSON.stringify(error) + String(error) + String(error.cause)).not.toContain('tell-tale');
  });
});

describe('bad answers', () => {
  const head = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n';
  const cuts: Record<string, string> = {
    length: `${head}Content-Length: 50\r\n\r\n[1,2]`,
    'length, closing': `${head}Connection: close\r\nContent-Length: 50\r\n\r\n[1,2]`,
    chunked: `${head}Transfer-Encoding: chunked\r\n\r\n5\r\n[1,2]\r\n`,
    'chunked, closing':
      `${head}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n` + '5\r\n[1,2]\r\n',
    neither: `${head}Connection: close\r\n\r\n[1,2`,
    'inside the head': 'HTTP/1.1 200 OK\r\nContent-Le',
    'rubbish instead of HTTP': 'hello\r\n\r\n',
  };
  for (const [name, bytes] of Object.entries(cuts)) {
    it.each(['end', 'reset'] as const)(
      `cut short (${name}) by %s are never taken as complete`,
      async (how) => {
        const server = await serveBytes(bytes, how);
        expect(await failure(client().request({ url: server.url }))).toMatchObject({
          kind: 'transient',
        });
      },
    );
  }

  it('with a cut gzip stream are not taken as complete', async () => {
    const half = gzipSync(JSON.stringify(Array.from({ length: 500 }, (_, n) => n))).subarray(
      0,
      400,
    );
    const server = await serve((_request, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(half),
    );
    expect(await failure(client().request({ url: server.url }))).toMatchObject({
      kind: 'transient',
    });
  });

  it('that drip for ever end at the deadline', async () => {
    const server = await serve((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const timer = setInterval(() => response.write(' '), 20);
      response.on('close', () => clearInterval(timer));
    });
    expect(await failure(client({ deadlineMs: 300 }).request({ url: server.url }))).toMatchObject({
      kind: 'transient',
    });
  });

  it('that unpack to more than the limit are stopped early', async () => {
    const mebibyte = gzipSync(Buffer.alloc(1024 * 1024, 32));
    const bomb = Buffer.concat(Array.from({ length: 300 }, () => mebibyte));
    const server = await serve((_request, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb),
    );
    const before = process.memoryUsage().rss;
    expect(await failure(client().request({ url: server.url }))).toMatchObject({
      kind: 'malformed',
    });
    expect(process.memoryUsage().rss - before).toBeLessThan(150 * 1024 * 1024);
  });

  it('that redirect are not followed', async () => {
    const elsewhere = await serve((_request, response) => response.end('{}'));
    for (const status of [301, 302, 303, 307, 308]) {
      const server = await serve((_request, response) =>
        response.writeHead(status, { location: elsewhere.url }).end(),
      );
      expect(await failure(client().request({ url: server.url }))).toMatchObject({
        kind: 'malformed',
        status,
      });
    }
    expect(elsewhere.connections()).toBe(0);
  });

  it('that are web pages instead of JSON are transient; a wrong type is fine', async () => {
    const page = await serve((_request, response) =>
      response
        .writeHead(200, { 'content-type': 'text/html' })
        .end('\n<html>We will be back</html>'),
    );
    const json = await serve((_request, response) =>
      response.writeHead(200, { 'content-type': 'text/html' }).end('{"a":1}'),
    );
    expect(await failure(client().request({ url: page.url }))).toMatchObject({
      kind: 'transient',
      status: 200,
    });
    await expect(
      client().request({ url: page.url, headers: { Accept: 'text/html' } }),
    ).resolves.toMatchObject({ status: 200 });
    await expect(client().request({ url: json.url })).resolves.toMatchObject({ body: '{"a":1}' });
  });

  it('from nobody are transient', async () => {
    expect(await failure(client().request({ url: 'http://127.0.0.1:1/' }))).toMatchObject({
      kind: 'transient',
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });

  it('credentials that no header can carry are told apart, without being told', async () => {
    const error = await failure(
      client().request({ url: 'http://127.0.0.1:1/', headers: { 'x-key': 'tell\r\ntale: 1' } }),
    );
    expect(error).toMatchObject({ kind: 'auth' });
    expect(String(error)).not.toContain('tell');
  });
});

describe('tries', () => {
  const flaky = (failures: number, fail: { status: number; headers?: Record<string, string> }) => {
    let calls = 0;
    const listening = serve((_request, response) => {
      calls += 1;
      if (calls > failures) response.end('{}');
      else response.writeHead(fail.status, fail.headers).end();
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

  it('are told to the hook without query, headers or body', async () => {
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
    const hanging = await serve(() => undefined);
    const limited = flaky(9, { status: 503 });
    for (const url of [hanging.url, (await limited.listening).url]) {
      const stop = new AbortController();
      const call = failure(
        client({ signal: stop.signal, retry: { retries: 3, baseMs: 20_000 } }).request({ url }),
      );
      setTimeout(() => stop.abort(), 150);
      expect(await call).toMatchObject({ kind: 'transient' });
    }
    expect(limited.calls()).toBe(1);
  });
});
