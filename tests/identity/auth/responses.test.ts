import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { server, signedIn } from './pages-stage.ts';

describe('every response', () => {
  it('carries the headers, also errors and redirects', async () => {
    const visitor = await signedIn('admin@summit.test');
    for (const path of [
      '/sign-in',
      '/account',
      '/nothing',
      '/deeper/nothing',
      '/api/nothing',
      '/w/absent/leads',
      '/leads',
      '/%',
    ]) {
      const { headers, status } = await visitor.get(path);
      expect(Object.fromEntries(headers), `${path} ${status}`).toMatchObject({
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'same-origin',
        'content-security-policy': expect.stringContaining("frame-ancestors 'none'"),
        'x-request-id': expect.any(String),
      });
      expect(headers.get('content-security-policy')).not.toMatch(/script-src[^;]*'unsafe/);
    }
    expect((await visitor.get('/api/nothing')).text).toMatch(/^\{"error":\{"code":"not_found"/);
  });

  it('is refused to other sites', async () => {
    const visitor = await signedIn('admin@summit.test');
    for (const origin of ['https://evil.test', 'null']) {
      expect(
        (await visitor.post('/account', { intent: 'name', name: 'Evil' }, { origin })).status,
      ).toBe(403);
      const json = { method: 'DELETE', headers: { origin, 'content-type': 'application/json' } };
      expect((await visitor.send('/api/nothing', json)).status).toBe(403);
    }
    expect((await visitor.get('/account')).text).not.toContain('value="Evil"');
  });

  it('closes the endpoints of the library that nobody needs', async () => {
    const visitor = await signedIn('admin@summit.test');
    for (const path of [
      'get-session',
      'list-sessions',
      'organization/list',
      'organization/create',
      'sign-up/email',
      'update-user',
      'change-email',
      'two-factor/disable',
      'ok',
      'error',
      'sign-in/social',
      'reset-password',
      'sign-in%2Femail',
      'SIGN-IN/email',
    ]) {
      for (const method of ['GET', 'POST']) {
        const answer = await visitor.send(`/api/auth/${path}`, {
          method,
          headers: { origin: server.url, 'content-type': 'application/json' },
          ...(method === 'POST' && { body: '{}' }),
        });
        if (path === 'sign-in%2Femail' && method === 'POST')
          expect([400, 404]).toContain(answer.status);
        else expect(answer.status, `${method} ${path}`).toBe(404);
      }
    }
  });

  it('refuses TRACE with the headers of every answer, and hands back no cookie', async () => {
    const { status, headers, text } = await new Promise<{
      status: number | undefined;
      headers: Record<string, unknown>;
      text: string;
    }>((resolve, reject) => {
      const asked = { method: 'TRACE', headers: { cookie: 'a=secret-of-a-cookie' } };
      request(`${server.url}/account`, asked, (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (part: string) => (body += part));
        response.on('end', () =>
          resolve({ status: response.statusCode, headers: response.headers, text: body }),
        );
      })
        .on('error', reject)
        .end();
    });
    expect(status).toBe(405);
    expect(headers).toMatchObject({
      allow: 'GET, HEAD, POST',
      'cache-control': 'no-store',
      'content-security-policy': expect.stringContaining("default-src 'none'"),
      'x-content-type-options': 'nosniff',
      'x-request-id': expect.any(String),
    });
    expect(text).toBe('This address does not support TRACE.\n');
  });

  it('knows no images to resize', async () => {
    const visitor = await signedIn('admin@summit.test');
    for (const query of ['', '?href=/favicon.svg&w=8&f=webp', '?href=http://127.0.0.1:1/&f=png']) {
      const { status } = await visitor.get(`/_image${query}`);
      expect(status, query).toBe(404);
    }
  });

  it('refuses a damaged form, and NUL in one, with words', async () => {
    const visitor = await signedIn('admin@summit.test');
    const send = (type: string, body: string) =>
      visitor.send('/account', {
        method: 'POST',
        headers: { origin: server.url, 'content-type': type },
        body,
      });
    for (const [type, body] of [
      ['multipart/form-data', 'anything'],
      ['multipart/form-data; boundary=x', ''],
      ['multipart/form-data; boundary=x', '--x\r\nContent-Disposition: form-data; name="intent"'],
      ['multipart/form-data; boundary=x', '--x\r\nnonsense\r\n\r\nv\r\n--x--\r\n'],
    ] as const) {
      const { status, text } = await send(type, body);
      expect(status, body).toBe(400);
      expect(text).toContain('The form arrived damaged');
    }
    const nul = await send('application/x-www-form-urlencoded', 'intent=name&name=a%00b');
    expect(nul.status).toBe(400);
    expect(nul.text).toContain('cannot be stored (NUL)');
    expect((await visitor.get('/reset-password?token=a%00b')).status).toBe(400);
  });

  it('refuses large bodies, with and without a length', async () => {
    const chunk = Buffer.alloc(64 * 1024, 97);
    const send = (headers: Record<string, string>): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const outgoing = request(
          `${server.url}/sign-in`,
          {
            method: 'POST',
            headers: {
              origin: server.url,
              'content-type': 'application/x-www-form-urlencoded',
              ...headers,
            },
          },
          (response) => {
            response.resume();
            resolve(response.statusCode);
          },
        );
        outgoing.on('error', reject);
        for (let turn = 0; turn < 20; turn += 1) outgoing.write(chunk);
        outgoing.end();
      });
    expect(await send({ 'transfer-encoding': 'chunked' })).toBe(413);
    expect(await send({ 'content-length': String(20 * chunk.length) })).toBe(413);
  });
});
