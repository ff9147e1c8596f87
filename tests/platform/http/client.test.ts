import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { serve, serveBytes } from './servers.ts';
import { client, failure } from './clients.ts';

describe('responses', () => {
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

  it('without content are responses too', async () => {
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

describe('bad responses', () => {
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

  it('credentials that no header can carry have an error of their own, which does not quote them', async () => {
    const error = await failure(
      client().request({ url: 'http://127.0.0.1:1/', headers: { 'x-key': 'tell\r\ntale: 1' } }),
    );
    expect(error).toMatchObject({ kind: 'auth' });
    expect(String(error)).not.toContain('tell');
  });
});
