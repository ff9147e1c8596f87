import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createUser } from '#lib/identity/auth/users.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { resetConfig } from '#lib/platform/config.ts';
import { isOwnHost, listOwnOrigins } from '#lib/identity/auth/public-url.ts';
import { closeConnections, send, type HostileAnswer } from '../hostile/send.ts';
import { useMailbox } from '../identity/auth/mailbox.ts';
import { useDatabase } from '../helpers/database.ts';
import { allowForLoad } from '../helpers/patience.ts';
import { password, startWeb, type Web } from '../helpers/web.ts';

allowForLoad();
const db = useDatabase();
const mailbox = useMailbox();
const host = 'dashboards.example.com';
const email = 'ada@north.test';
let web: Web;

beforeAll(async () => {
  await createTenant({ slug: 'north', name: 'North' });
  await createUser({ email, password, tenantSlug: 'north', role: 'admin' });
  web = await startWeb(db.url, {
    NODE_ENV: 'production',
    PUBLIC_URL: `https://${host}`,
    SMTP_URL: process.env['SMTP_URL'] ?? '',
  });
});
afterAll(async () => {
  closeConnections();
  await web?.stop();
});

const ask = (path: string, headers: Record<string, string>, fields?: Record<string, string>) =>
  send(
    web.url,
    {
      route: '',
      method: fields === undefined ? 'GET' : 'POST',
      path,
      headers:
        fields === undefined
          ? headers
          : { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body: fields && new URLSearchParams(fields).toString(),
    },
    60_000,
  );

describe('a host that is not ours', () => {
  it.each(['evil.test', `${host}.evil.test`, `x.${host}`, `${host}.`, '127.0.0.1', 'localhost'])(
    'is told where the site is: %s',
    async (name) => {
      for (const path of ['/sign-in', '/w/north/leads', '/favicon.svg', '/api/leads']) {
        const { status, text } = await ask(path, { host: name });
        expect([path, status]).toEqual([path, 421]);
        expect(text).toContain(`Open https://${host} instead`);
        expect(text).not.toContain('evil');
      }
    },
  );

  it('may be asked whether it lives, by an address alone', async () => {
    for (const name of ['10.0.0.7:4321', 'pod-7.internal'])
      for (const [path, expected] of [
        ['/healthz', 200],
        ['/readyz', 200],
        ['/metrics', 404],
      ] as const)
        expect([path, (await ask(path, { host: name })).status]).toEqual([path, expected]);
  });

  it('counts where a request names it as a whole address', async () => {
    expect((await ask('http://evil.test/sign-in', { host })).status).toBe(421);
    expect((await ask(`https://${host}@evil.test/sign-in`, { host })).status).toBe(421);
    const served = await ask(`http://${host}/sign-in`, { host: 'evil.test' });
    expect([served.status, served.text]).toEqual([200, expect.stringContaining('Sign in')]);
  });
});

describe('our own host', () => {
  it.each([host, `${host}:443`, `${host}:8443`, host.toUpperCase()])(
    'is served: %s',
    async (name) => {
      expect((await ask('/sign-in', { host: name })).status).toBe(200);
    },
  );

  const forged = {
    host,
    'x-forwarded-host': 'evil.test',
    'x-forwarded-proto': 'http',
    'x-forwarded-port': '81',
    'x-original-url': 'http://evil.test/',
    forwarded: 'host=evil.test;proto=http',
  };

  it('stands in no link and no redirect because of what else a request says', async () => {
    const answers: HostileAnswer[] = [];
    for (const path of ['/', '/sign-in', '/w/north/leads', '//evil.test/..', '/none', '/sign-in/'])
      answers.push(await ask(path, forged));
    for (const { text, headers } of answers) {
      expect(text).not.toMatch(/https?:\/\/evil|action="\/\/|href="\/\//);
      expect(headers.location ?? '/').toMatch(/^\/(?!\/)/);
    }
  });

  it('stands in the links of mail', async () => {
    const origin = `https://${host}`;
    const { status } = await ask('/forgot-password', { ...forged, origin }, { email });
    expect(status).toBeLessThan(400);
    const { text = '', html = '' } = await mailbox.newest(email, /new password/);
    expect(text).toContain(`${origin}/reset-password?token=`);
    expect(text + html).not.toContain('evil.test');
  });

  it('takes forms from its own pages alone', async () => {
    const form = (origin: string) =>
      ask('/sign-in', { host, origin }, { email, password }).then(({ status }) => status);
    expect(await form(`https://${host}`)).toBe(303);
    for (const origin of [`http://${host}`, `https://${host}:8443`, 'https://evil.test', web.url])
      expect([origin, await form(origin)]).toEqual([origin, 403]);
    const api = { host, 'content-type': 'application/json', cookie: 'a=b', origin: web.url };
    expect((await ask('/api/auth/sign-in/email', api, { email, password })).status).toBe(403);
  });
});

describe('outside production', () => {
  const inEnvironment = <T>(env: Record<string, string>, work: () => T): T => {
    const before = { ...process.env };
    Object.assign(process.env, env);
    resetConfig();
    try {
      return work();
    } finally {
      Object.assign(process.env, before);
      resetConfig();
    }
  };

  it.each([
    ['test', 'localhost:4321', true],
    ['test', '127.0.0.1', true],
    ['test', '[::1]:80', true],
    ['test', '127.evil.test', false],
    ['test', 'localhost.evil.test', false],
    ['test', 'evil.test', false],
    ['development', 'demo.internal', true],
    ['production', 'localhost', false],
  ])('in %s, is %s ours? %s', (NODE_ENV, name, expected) => {
    inEnvironment({ NODE_ENV, PUBLIC_URL: `https://${host}` }, () => {
      expect(isOwnHost(name)).toBe(expected);
      const origin = `http://${name}`;
      expect(listOwnOrigins(`${origin}/x`)).toEqual([
        `https://${host}`,
        ...(expected ? [new URL(origin).origin] : []),
      ]);
    });
  });
});
