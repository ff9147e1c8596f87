import { globSync } from 'node:fs';
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { closeQueue } from '#lib/jobs/queue.ts';
import { useDatabase } from '../helpers/database.ts';
import { allowForLoad } from '../helpers/patience.ts';
import { mailOf, openWorld, type World } from '../isolation/world.ts';
import { password } from '../helpers/web.ts';
import type { HostileRequest } from './requests.ts';
import { closeConnections, send, type HostileAnswer } from './send.ts';
import { readRoutes } from './source.ts';
import { hostilePaths } from './values.ts';

/* Asks for everything that the server answers, and looks at the headers of each answer. */
allowForLoad();
const db = useDatabase();
const metricsToken = 'a-token-that-only-tests-use';
let world: World;
let cookie: string;

beforeAll(async () => {
  world = await openWorld(db, {
    PUBLIC_URL: 'https://dashboards.example.com',
    METRICS_TOKEN: metricsToken,
  });
  const jar = [...(world.clients['staff']?.jar ?? [])];
  cookie = jar.map((pair) => pair.join('=')).join('; ');
});
afterAll(async () => {
  closeConnections();
  await world?.web.stop();
  await closeQueue();
});

const ask = (path: string, more: Partial<HostileRequest> = {}): Promise<HostileAnswer> =>
  send(world.web.url, { route: '', method: 'GET', path, headers: {}, ...more }, 60_000);

/** What is wrong with the headers of an answer; empty when nothing is. */
function findFaults({ headers, text, setCookies }: HostileAnswer, caching = 'no-store'): string[] {
  const type = headers['content-type'] ?? '';
  const policy = String(headers['content-security-policy']);
  const isText = /^(text\/|application\/(javascript|xml))|\+xml/.test(type);
  const rules: Record<string, boolean> = {
    'x-content-type-options': headers['x-content-type-options'] === 'nosniff',
    'x-frame-options': headers['x-frame-options'] === 'DENY',
    'referrer-policy': headers['referrer-policy'] === 'same-origin',
    'permissions-policy': /camera=\(\)/.test(String(headers['permissions-policy'])),
    'cross-origin-opener-policy': headers['cross-origin-opener-policy'] === 'same-origin',
    'cross-origin-resource-policy': headers['cross-origin-resource-policy'] === 'same-origin',
    'strict-transport-security': /^max-age=\d{8};/.test(
      String(headers['strict-transport-security']),
    ),
    'cache-control': headers['cache-control'] === caching,
    'frame-ancestors': policy.endsWith("frame-ancestors 'none'"),
    'default-src': policy.startsWith(
      policy.includes('script-src') ? "default-src 'self'" : "default-src 'none'",
    ),
    'script-src': !/(script|default)-src[^;]*'unsafe/.test(policy),
    'one policy': policy.split('default-src').length === 2,
    server: headers['server'] === undefined && headers['x-powered-by'] === undefined,
    'content-type': type !== '' || text === '',
    charset: !isText || /; ?charset=utf-8/i.test(type),
    cookies: setCookies.every(isHostCookie),
  };
  return Object.keys(rules).filter((rule) => !rules[rule]);
}

/** A cookie that no neighbouring host can set, and no script can read. */
function isHostCookie(line: string): boolean {
  const [pair = '', ...attributes] = line.split(';').map((part) => part.trim().toLowerCase());
  const has = (attribute: string) => attributes.includes(attribute);
  return (
    pair.startsWith('__host-') &&
    ['secure', 'httponly', 'path=/', 'samesite=lax'].every(has) &&
    !attributes.some((attribute) => attribute.startsWith('domain'))
  );
}

const faulty = new Map<string, string[]>();
const statuses = new Set<number>();

async function look(
  path: string,
  more: Partial<HostileRequest> = {},
  caching?: string,
): Promise<HostileAnswer> {
  const answer = await ask(path, more);
  statuses.add(answer.status);
  const faults = findFaults(answer, caching);
  if (faults.length > 0 || answer.status === 0)
    faulty.set(`${more.method ?? 'GET'} ${path} ${answer.status}`, faults);
  return answer;
}

afterEach(() => {
  faulty.clear();
  statuses.clear();
});

describe('the headers', () => {
  it('are on the answers of every route, to everybody, by whatever method', async () => {
    const { alpha } = world.belongings;
    const ids: Record<string, string> = { lead: alpha.lead, tenant: 'alpha', list: 'leads' };
    for (const { pattern } of readRoutes()) {
      const path = pattern.replaceAll(/\[(?:\.\.\.)?(\w+)\]/g, (_, name: string) =>
        name === 'format' ? 'csv' : name === 'id' ? alpha.lead : (ids[name] ?? 'x'),
      );
      const own = { cookie, origin: world.web.url };
      const form = { ...own, 'content-type': 'application/x-www-form-urlencoded' };
      await look(path, { headers: own });
      for (const method of ['HEAD', 'OPTIONS', 'DELETE', 'PROPFIND', 'TRACE'])
        await look(path, { method, headers: own });
      await look(path);
      if (pattern === '/sign-out') continue;
      await look(path, { method: 'POST', headers: form, body: 'intent=nothing' });
      await look(path, { method: 'POST', headers: { ...form, origin: 'https://evil.test' } });
      await look(path, { method: 'POST', headers: { ...own, 'content-length': '9999999' } });
    }
    await look('/metrics', { headers: { authorization: `Bearer ${metricsToken}` } });
    await look('/w/alpha/leads.xlsx', { headers: { cookie } });
    await look('/w/alpha/leads?segment=Cold', { headers: { cookie } });
    expect(Object.fromEntries(faulty)).toEqual({});
    for (const status of [200, 303, 400, 401, 403, 404, 405, 413])
      expect([...statuses], String(status)).toContain(status);
  });

  it('are on files, whole and in parts, and on the word that they did not change', async () => {
    const files = globSync('dist/client/**/*.*').map((file) => file.replace('dist/client', ''));
    expect(files.length).toBeGreaterThan(5);
    for (const file of files) {
      const caching = file.startsWith('/_astro/')
        ? 'public, max-age=31536000, immutable'
        : 'no-cache';
      const whole = await look(file, {}, caching);
      const etag = String(whole.headers.etag);
      for (const [name, value] of [
        ['if-none-match', etag],
        ['range', 'bytes=0-9'],
        ['range', 'bytes=99999999-'],
        ['accept-encoding', 'gzip'],
      ] as const)
        await look(file, { headers: { [name]: value } }, caching);
      await look(file, { method: 'HEAD' }, caching);
    }
    await look('/_astro/none.js');
    expect(Object.fromEntries(faulty)).toEqual({});
    for (const status of [206, 304, 416]) expect([...statuses]).toContain(status);
  });

  it('are on answers to requests that no page ever sees', async () => {
    for (const path of hostilePaths) await look(path);
    for (const host of ['evil.test', 'a b', '', '[::1', 'x@y'])
      await look('/sign-in', { headers: { host } });
    await look('/sign-in', { headers: { expect: 'a-miracle' } });
    expect(Object.fromEntries(faulty)).toEqual({});
    for (const status of [417, 421]) expect([...statuses]).toContain(status);
    for (const [status, text] of Object.entries({
      400: 'GET / HTTP/1.1\r\n\r\n',
      '400 ': 'no HTTP at all\r\n\r\n',
      '400  ': 'GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n',
      431: `GET / HTTP/1.1\r\nHost: localhost\r\nx: ${'x'.repeat(40_000)}\r\n\r\n`,
    })) {
      const answer = await sendText(text);
      expect(answer.status, text.slice(0, 80)).toBe(Number.parseInt(status, 10));
      expect(findFaults(answer), text.slice(0, 80)).toEqual([]);
    }
  });
});

describe('cookies', () => {
  it('are bound to this host from signing in to signing out', async () => {
    const form = { 'content-type': 'application/x-www-form-urlencoded', origin: world.web.url };
    const body = new URLSearchParams({ email: mailOf('viewer'), password }).toString();
    const signedIn = await ask('/sign-in', { method: 'POST', headers: form, body });
    expect(signedIn.status).toBe(303);
    const viewer = signedIn.setCookies.map((line) => line.split(';')[0]).join('; ');
    const filtered = await ask('/w/alpha/leads?segment=Cold', { headers: { cookie: viewer } });
    const signedOut = await ask('/sign-out', {
      method: 'POST',
      headers: { ...form, cookie: viewer },
    });
    const lines = [signedIn, filtered, signedOut].map(({ setCookies }) => setCookies);
    for (const set of lines) expect(set).not.toEqual([]);
    expect(lines.flat().filter((line) => !isHostCookie(line))).toEqual([]);
    expect(viewer).toContain('__Host-tributary.session_token=');
  });
});

/** Sends text as it is, and reads what comes back until the server closes. */
function sendText(text: string): Promise<HostileAnswer> {
  const { port, hostname } = new URL(world.web.url);
  return new Promise((resolve, reject) => {
    let received = '';
    const socket = connect(Number(port), hostname, () => socket.write(text));
    socket.setEncoding('utf8').on('data', (part: string) => (received += part));
    socket.on('error', reject).on('close', () => {
      const [head = '', body = ''] = received.split('\r\n\r\n');
      const [statusLine = '', ...lines] = head.split('\r\n');
      const headers = Object.fromEntries(
        lines.map((line) => [
          line.slice(0, line.indexOf(':')).toLowerCase(),
          line.slice(line.indexOf(':') + 1).trim(),
        ]),
      );
      resolve({ status: Number(statusLine.split(' ')[1]), text: body, setCookies: [], headers });
    });
  });
}
