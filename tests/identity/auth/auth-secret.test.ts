import { beforeAll, describe, expect, it } from 'vitest';
import { createInvitationToken, isInvitationToken } from '#lib/identity/auth/invitation-token.ts';
import { resignCookies } from '#lib/identity/auth/signed-cookies.ts';
import { confirmTwoFactor, startTwoFactor } from '#lib/identity/auth/two-factor.ts';
import { createUser } from '#lib/identity/auth/users.ts';
import { resetConfig } from '#lib/platform/config.ts';
import { testEnv, useDatabase } from '../../helpers/database.ts';
import { startProcess, until } from '../../helpers/processes.ts';
import { Browser, password, totp } from './people.ts';
import { useServer } from './server.ts';
import { Visitor } from './visitor.ts';

const database = useDatabase();
const email = 'ada@example.test';
const old = testEnv(database.url)['AUTH_SECRET'] ?? '';
const both = `1:${'n'.repeat(40)},0:${old}`;
const fresh = `1:${'n'.repeat(40)}`;

const servers = {
  old: useServer(() => database.url),
  both: useServer(
    () => database.url,
    () => ({ AUTH_SECRET: both }),
  ),
  fresh: useServer(
    () => database.url,
    () => ({ AUTH_SECRET: fresh }),
  ),
};

let key = '';
let backupCodes: string[] = [];

beforeAll(async () => {
  await createUser({ email, name: 'Ada', password });
  const browser = new Browser();
  await browser.signIn(email);
  ({ key } = await startTwoFactor({ password }, await browser.signedIn(), browser.client));
  ({ backupCodes } = await confirmTwoFactor(
    { code: totp(key) },
    await browser.signedIn(),
    browser.client,
  ));
});

/** The same browser, at the site after it was started with another AUTH_SECRET. */
function at(server: keyof typeof servers, before?: Visitor): Visitor {
  const visitor = new Visitor(servers[server]);
  for (const [name, value] of before?.jar ?? []) visitor.jar.set(name, value);
  return visitor;
}

const enterPassword = async (visitor: Visitor) => {
  expect((await visitor.post('/sign-in', { email, password })).location).toBe('/two-factor');
  return visitor;
};

async function enterCode(visitor: Visitor): Promise<Visitor> {
  await database.query(`delete from rate_limits where key like 'totp:code:%'`);
  expect((await visitor.post('/two-factor', { code: totp(key) })).location).toBe('/');
  return visitor;
}

const isSignedIn = async (visitor: Visitor) => (await visitor.get('/account')).status === 200;

const tributary = async (AUTH_SECRET: string, ...args: string[]) => {
  const started = startProcess('cli/index.ts', database.url, { AUTH_SECRET, LOG_LEVEL: 'error' }, [
    'keys',
    ...args,
  ]);
  await started.exited;
  return started.output();
};

describe('a rotation of AUTH_SECRET', () => {
  it('keeps people signed in, second factors working, and lets the old one go in the end', async () => {
    const signedIn = await enterCode(await enterPassword(at('old')));
    const untouched = await enterCode(await enterPassword(at('old')));
    const halfway = await enterPassword(at('old'));

    expect(await isSignedIn(at('both', signedIn)), 'still signed in').toBe(true);
    expect(await isSignedIn(await enterCode(at('both', halfway))), 'between two steps').toBe(true);
    expect(await isSignedIn(await enterCode(await enterPassword(at('both'))))).toBe(true);
    const byBackupCode = await enterPassword(at('both'));
    const code = backupCodes[0] ?? '';
    expect((await byBackupCode.post('/two-factor?with=backup', { code })).location).toBe('/');

    const follower = at('both', signedIn);
    await database.query(`update sessions set updated_at = now() - interval '2 minutes'`);
    expect(await isSignedIn(follower)).toBe(true);
    expect(await isSignedIn(at('fresh', follower)), 'with a cookie of the new secret').toBe(true);
    expect(await isSignedIn(at('fresh', untouched)), 'with a cookie of the old one').toBe(false);

    const without = startProcess('scripts/web.ts', database.url, { AUTH_SECRET: fresh, PORT: '0' });
    await until('a complaint', () => without.output().includes('AUTH_SECRET lacks secret 0'));
    without.child.kill('SIGTERM');
    await without.exited;
    expect(await tributary(fresh, 'status')).toContain('Secret 0 is missing');
    expect(await tributary(both, 'rotate')).toContain(
      'Re-encrypted 1 second factors with secret 1 of AUTH_SECRET.',
    );
    expect(JSON.parse(await tributary(both, 'status', '--json'))).toContainEqual({
      version: 0,
      place: 'opens',
      secondFactors: 0,
      mayBeWithdrawn: true,
    });
    expect(await isSignedIn(await enterCode(await enterPassword(at('fresh'))))).toBe(true);
    const last = await enterPassword(at('fresh'));
    expect(
      (await last.post('/two-factor?with=backup', { code: backupCodes[1] ?? '' })).location,
    ).toBe('/');
  });

  it('keeps links and refuses what neither secret has signed', () => {
    const invitation = { id: crypto.randomUUID(), email, expiresAt: new Date() };
    const token = createInvitationToken(invitation);
    const withSecrets = <T>(AUTH_SECRET: string, work: () => T): T => {
      process.env['AUTH_SECRET'] = AUTH_SECRET;
      resetConfig();
      try {
        return work();
      } finally {
        process.env['AUTH_SECRET'] = old;
        resetConfig();
      }
    };
    expect(withSecrets(both, () => isInvitationToken(invitation, token))).toBe(true);
    expect(withSecrets(fresh, () => isInvitationToken(invitation, token))).toBe(false);
    const forged = `tributary.session_token=abc.${'A'.repeat(43)}%3D; other=%zz; flag; a=b.c`;
    expect(withSecrets(both, () => resignCookies(forged))).toBe(forged);
  });
});
