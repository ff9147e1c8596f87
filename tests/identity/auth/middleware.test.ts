import { beforeAll, describe, expect, it } from 'vitest';
import {
  addressHeader,
  buildClientHeaders,
  readAddress,
  readClientAddress,
  readNetwork,
} from '#lib/identity/auth/client.ts';
import { Problem, problemStatus } from '#lib/platform/errors.ts';
import { addSecurityHeaders } from '../../../src/middleware/headers.ts';
import { respondToError, toJsonResponse } from '../../../src/middleware/problems.ts';
import {
  appendCookies,
  refuseForeignOrigin,
  refuseLargeBody,
  readRequestId,
} from '../../../src/middleware/request.ts';
import { testEnv } from '../../helpers/database.ts';

beforeAll(() => {
  Object.assign(process.env, testEnv('postgres://nowhere/x'), {
    PUBLIC_URL: 'https://tributary.example',
  });
});

const url = new URL('http://127.0.0.1:4321/account');
const accepts = (method: string, headers: Record<string, string>, to = url): boolean => {
  try {
    refuseForeignOrigin(new Request(to, { method, headers }), to);
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(Problem);
    return false;
  }
};

describe('the origin of a request', () => {
  const cookie = 'tributary.session_token=x';

  it.each(['GET', 'HEAD', 'OPTIONS'])('does not matter for %s', (method) => {
    expect(accepts(method, { cookie, origin: 'https://evil.test' })).toBe(true);
  });

  it.each(['POST', 'PUT', 'PATCH', 'DELETE'])(
    'must be ours for %s, whatever the content type',
    (method) => {
      for (const type of [
        'application/x-www-form-urlencoded',
        'application/json',
        'text/plain',
        'image/png',
      ]) {
        const headers = { cookie, 'content-type': type };
        for (const origin of [url.origin, 'https://tributary.example'])
          expect(accepts(method, { ...headers, origin }), origin).toBe(true);
        for (const origin of [
          'https://evil.test',
          'null',
          '',
          'http://127.0.0.1',
          'https://127.0.0.1:4321',
          'http://127.0.0.1:4321.evil.test',
          'http://tributary.example',
          'https://tributary.example.evil.test',
          'https://sub.tributary.example',
          'https://tributary.example/',
        ])
          expect(accepts(method, { ...headers, origin }), origin).toBe(false);
      }
    },
  );

  it('is not ours because the request says that it is for the same host', () => {
    const to = new URL('http://evil.test/account');
    expect(accepts('POST', { cookie, origin: to.origin }, to)).toBe(false);
    expect(accepts('POST', { cookie, origin: 'https://tributary.example' }, to)).toBe(true);
  });

  it('is told by fetch metadata where there is no Origin', () => {
    expect(accepts('POST', { cookie, 'sec-fetch-site': 'same-origin' })).toBe(true);
    expect(accepts('POST', { cookie, 'sec-fetch-site': 'same-site' })).toBe(false);
    expect(accepts('POST', { 'sec-fetch-site': 'cross-site' })).toBe(false);
  });

  it('may be missing only where there is no cookie to abuse', () => {
    expect(accepts('POST', { cookie })).toBe(false);
    expect(accepts('POST', {})).toBe(true);
  });
});

describe('headers', () => {
  const headersOf = (given: Record<string, string>): Headers => {
    const headers = new Headers(given);
    addSecurityHeaders(headers);
    return headers;
  };

  it('are on every response', () => {
    expect(
      Object.fromEntries(
        headersOf({ 'content-type': 'application/json', 'cache-control': 'public, max-age=60' }),
      ),
    ).toMatchObject({
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'same-origin',
      'strict-transport-security': expect.stringMatching(/^max-age=\d{8,}/),
    });
    expect(headersOf({}).get('permissions-policy')).toContain('camera=()');
  });

  it('add to the policy that a page brings', () => {
    const policy = headersOf({
      'content-type': 'text/html',
      'content-security-policy': "default-src 'self'; script-src 'self' 'sha256-x';",
    });
    expect(policy.get('content-security-policy')).toBe(
      "default-src 'self'; script-src 'self' 'sha256-x'; frame-ancestors 'none'",
    );
  });
});

describe('requests', () => {
  it('have an id of their own, or that of our proxy', () => {
    const request = new Request(url, { headers: { 'x-request-id': 'from-the-proxy' } });
    expect(readRequestId(request, true)).toBe('from-the-proxy');
    expect(readRequestId(request, false)).not.toBe('from-the-proxy');
    expect(
      readRequestId(new Request(url, { headers: { 'x-request-id': 'a b<script>' } }), true),
    ).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('come from the connection, or from what our own proxy saw', () => {
    const forwarded = new Request(url, {
      headers: {
        'x-forwarded-for': '6.6.6.6, 203.0.113.7',
        'x-tributary-client-address': '6.6.6.6',
      },
    });
    expect(readClientAddress(forwarded, '::ffff:10.0.0.9', false)).toBe('10.0.0.9');
    expect(
      readClientAddress(forwarded, '10.0.0.9', true),
      'the last hop, which a client cannot forge',
    ).toBe('203.0.113.7');
    expect(readClientAddress(new Request(url), '10.0.0.9', true)).toBe('10.0.0.9');
    expect(
      readAddress(buildClientHeaders(forwarded, '203.0.113.7')),
      'nobody names their own address',
    ).toBe('203.0.113.7');
  });

  it('hold at most a mebibyte', () => {
    const sized = (bytes: number) =>
      new Request(url, { method: 'POST', headers: { 'content-length': String(bytes) } });
    expect(() => refuseLargeBody(sized(1024 * 1024))).not.toThrow();
    expect(() => refuseLargeBody(sized(1024 * 1024 + 1))).toThrow(/1 MiB/);
  });

  it('keep the cookies that a route set over those of the session', () => {
    const response = new Response(null, { headers: { 'set-cookie': 'a=; Max-Age=0' } });
    const cookies = new Headers([
      ['set-cookie', 'a=prolonged'],
      ['set-cookie', 'b=new'],
    ]);
    expect(appendCookies(response, cookies).headers.getSetCookie()).toEqual([
      'a=; Max-Age=0',
      'b=new',
    ]);
  });
});

describe('errors', () => {
  const context = (path: string) => {
    const rewrites: string[] = [];
    const locals: Partial<App.Locals> = { requestId: 'request-1' };
    const address = new URL(path, 'https://tributary.example');
    return {
      rewrites,
      locals,
      url: address,
      request: new Request(address),
      rewrite: async (request: Request) => {
        rewrites.push(new URL(request.url).pathname);
        return new Response('<h1>page</h1>', { headers: { 'content-type': 'text/html' } });
      },
    } as unknown as Parameters<typeof respondToError>[0] & { rewrites: string[] };
  };

  it('have one shape in the API', async () => {
    const response = await respondToError(
      context('/api/leads'),
      new Problem('rate_limited', 'Slow down.', { retryAfter: 7 }),
    );
    expect(response.status).toBe(429);
    expect(response.headers.get('retry-after')).toBe('7');
    expect(await response.json()).toEqual({
      error: {
        code: 'rate_limited',
        message: 'Slow down.',
        requestId: 'request-1',
        details: { retryAfter: 7 },
      },
    });
    expect(await toJsonResponse(new Problem('not_found', 'No.'), 'r').json()).toEqual({
      error: { code: 'not_found', message: 'No.', requestId: 'r' },
    });
  });

  it.each(Object.keys(problemStatus) as (keyof typeof problemStatus)[])(
    'keep their status on a page: %s',
    async (code) => {
      const here = context('/w/summit/leads');
      const response = await respondToError(here, new Problem(code, 'Because.'));
      expect(response.status).toBe(problemStatus[code]);
      expect(here.rewrites).toEqual([
        code === 'not_found'
          ? '/404'
          : code === 'internal' || code === 'unavailable'
            ? '/500'
            : '/problem',
      ]);
    },
  );

  it('tell nothing of what nobody expected', async () => {
    const secret = new Error('Failed query: select 1\nparams: hunter2,ada@example.test', {
      cause: new Error('duplicate key (email)=(ada@example.test)'),
    });
    const response = await respondToError(context('/api/leads'), secret);
    expect(response.status).toBe(500);
    expect(await response.text()).not.toMatch(/hunter2|ada@|select|duplicate/);
  });

  it('say that the database is away', async () => {
    for (const cause of [
      Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }),
      Object.assign(new Error('x'), { code: '57P01' }),
      new Error('Connection terminated unexpectedly'),
    ]) {
      const response = await respondToError(
        context('/api/leads'),
        new Error('Failed query', { cause }),
      );
      expect([response.status, response.headers.get('retry-after')]).toEqual([503, '30']);
    }
  });

  it('answer even when the error page fails', async () => {
    const broken = {
      ...context('/w/summit'),
      rewrite: () => Promise.reject(new Error('no page')),
    } as unknown as Parameters<typeof respondToError>[0];
    const response = await respondToError(broken, new Problem('forbidden', 'Not for you.'));
    expect([response.status, await response.text()]).toEqual([403, 'Not for you.\n']);
  });
});

describe('the network that limits count for', () => {
  it('is a /64 when it speaks IPv6', () => {
    const networkOf = (address: string) => readNetwork(new Headers({ [addressHeader]: address }));
    expect(networkOf('2001:db8:1:2:aaaa::1')).toBe(networkOf('2001:DB8:1:2::ffff'));
    expect(networkOf('2001:db8:1:2::1')).not.toBe(networkOf('2001:db8:1:3::1'));
    expect(networkOf('fe80::1%eth0')).toBe('fe80:0:0:0::/64');
    expect(networkOf('::ffff:102:304')).not.toBe(networkOf('::ffff:102:305'));
    expect(networkOf('::1')).toBe('0:0:0:0::/64');
    expect(networkOf('203.0.113.7')).toBe('203.0.113.7');
    expect(networkOf('unknown')).toBe('unknown');
  });
});
