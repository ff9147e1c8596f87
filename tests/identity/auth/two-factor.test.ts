import { beforeAll, describe, expect, it } from 'vitest';
import { auth } from '#lib/identity/auth/auth.ts';
import { acceptInvitation } from '#lib/identity/auth/accept-invitation.ts';
import { findAccess } from '#lib/identity/auth/access.ts';
import { createInvitationToken } from '#lib/identity/auth/invitation-token.ts';
import { inviteUser } from '#lib/identity/auth/invitations.ts';
import { createResetLink, resetPassword } from '#lib/identity/auth/password-reset.ts';
import { isAwaitingCode, verifyCode } from '#lib/identity/auth/sign-in.ts';
import {
  confirmTwoFactor,
  findPendingSetup,
  startTwoFactor,
} from '#lib/identity/auth/two-factor.ts';
import { createUser } from '#lib/identity/auth/users.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { useDatabase } from '../../helpers/database.ts';
import { Browser, password, problemOf, tokenOf, totp } from './people.ts';

const database = useDatabase();

/**
 * A code that counts as new: codes are accepted once, and a test must not wait for the next one.
 */
const nextCode = async (key: string): Promise<string> => {
  await database.query(`delete from rate_limits where key like 'totp:code:%'`);
  return totp(key);
};

async function enrol(
  email: string,
): Promise<{ key: string; backupCodes: string[]; browser: Browser }> {
  const browser = new Browser();
  await browser.signIn(email);
  const { key } = await startTwoFactor({ password }, await browser.signedIn(), browser.client);
  const { backupCodes, cookies } = await confirmTwoFactor(
    { code: totp(key) },
    await browser.signedIn(),
    browser.client,
  );
  browser.keep(cookies);
  return { key, backupCodes, browser };
}

let key = '';
let backupCodes: string[] = [];

beforeAll(async () => {
  await createTenant({ slug: 'summit', name: 'Summit' });
  await createUser({ email: 'boss@example.test', password, tenantSlug: 'summit', role: 'admin' });
  const { user } = await createUser({ email: 'two@example.test', password });
  expect(user.twoFactorEnabled).toBe(false);
});

describe('setting up', () => {
  it('is off until a right code comes, then ends sessions opened by password alone', async () => {
    const [browser, elsewhere] = [new Browser(), new Browser()];
    await browser.signIn('two@example.test');
    await elsewhere.signIn('two@example.test');
    const setup = await startTwoFactor({ password }, await browser.signedIn(), browser.client);
    expect(setup.uri).toMatch(/^otpauth:\/\/totp\/Tributary:/);
    expect(await findPendingSetup(await browser.signedIn())).toMatchObject({ key: setup.key });
    const wrong = await problemOf(
      confirmTwoFactor({ code: '000000' }, await browser.signedIn(), browser.client),
    );
    expect(wrong.details).toHaveProperty('fields.code');
    expect(
      (await new Browser().signIn('two@example.test')).needsCode,
      'before it is confirmed',
    ).toBe(false);

    const done = await confirmTwoFactor(
      { code: totp(setup.key) },
      await browser.signedIn(),
      browser.client,
    );
    browser.keep(done.cookies);
    ({ key } = setup);
    ({ backupCodes } = done);
    expect(new Set(backupCodes).size).toBe(10);
    expect((await browser.signedIn()).user.twoFactorEnabled).toBe(true);
    expect(await elsewhere.session()).toBeNull();
    expect(await findPendingSetup(await browser.signedIn())).toBeUndefined();
    const [stored] = await database.query<{ secret: string; backup_codes: string }>(
      'select secret, backup_codes from two_factors',
    );
    expect(stored?.secret).not.toContain(key);
    expect(stored?.backup_codes).not.toContain(backupCodes[0]);
  });

  it('asks for the password', async () => {
    await createUser({ email: 'plain@example.test', password });
    const browser = new Browser();
    await browser.signIn('plain@example.test');
    const refused = await problemOf(
      startTwoFactor({ password: 'not my password' }, await browser.signedIn(), browser.client),
    );
    expect(refused.details).toEqual({ fields: { password: 'This is not your current password.' } });
  });
});

describe('signing in with it', () => {
  it('opens no session for the password alone', async () => {
    const browser = new Browser();
    expect((await browser.signIn('two@example.test')).needsCode).toBe(true);
    expect(await browser.session()).toBeNull();
    expect(await isAwaitingCode(browser.client)).toBe(true);
    const count = await database.query(
      `select 1
       from sessions s
       join users u on u.id = s.user_id
       where u.email = 'two@example.test'`,
    );
    expect(count, 'only the one that set it up').toHaveLength(1);
  });

  it('opens one for a code, and takes each code once', async () => {
    const code = await nextCode(key);
    const [first, second] = [new Browser(), new Browser()];
    await first.signIn('two@example.test');
    await second.signIn('two@example.test');
    first.keep(
      (
        await verifyCode(
          { kind: 'totp', code: ` ${code.slice(0, 3)} ${code.slice(3)} ` },
          first.client,
        )
      ).cookies,
    );
    expect((await first.signedIn()).user.email).toBe('two@example.test');
    expect((await problemOf(verifyCode({ kind: 'totp', code }, second.client))).code).toBe(
      'rate_limited',
    );
    expect(await second.session()).toBeNull();
  });

  it('opens one for a backup code, and takes each of them once', async () => {
    const [first, second] = [new Browser(), new Browser()];
    await first.signIn('two@example.test');
    await second.signIn('two@example.test');
    const code = backupCodes[0] ?? '';
    first.keep((await verifyCode({ kind: 'backup', code }, first.client)).cookies);
    expect(await first.session()).not.toBeNull();
    expect((await problemOf(verifyCode({ kind: 'backup', code }, second.client))).code).toBe(
      'unauthenticated',
    );
  });

  it('accepts a code only after the password of the same person', async () => {
    await createUser({ email: 'thief@example.test', password });
    const thief = new Browser();
    const code = await nextCode(key);
    expect((await problemOf(verifyCode({ kind: 'totp', code }, thief.client))).details).toEqual({
      startAgain: true,
    });
    const mine = await enrol('thief@example.test');
    mine.browser.jar.clear();
    await mine.browser.signIn('thief@example.test');
    expect((await problemOf(verifyCode({ kind: 'totp', code }, mine.browser.client))).code).toBe(
      'unauthenticated',
    );
    expect(await mine.browser.session()).toBeNull();
  });

  it('does not take one challenge twice', async () => {
    const browser = new Browser();
    await browser.signIn('two@example.test');
    const replay = new Map(browser.jar);
    browser.keep(
      (await verifyCode({ kind: 'totp', code: await nextCode(key) }, browser.client)).cookies,
    );
    const other = new Browser();
    for (const [name, value] of replay) other.jar.set(name, value);
    expect(
      (await problemOf(verifyCode({ kind: 'totp', code: await nextCode(key) }, other.client)))
        .details,
    ).toEqual({ startAgain: true });
  });

  it('asks for the password after five wrong codes, makes the account wait after ten', async () => {
    await createUser({ email: 'guess@example.test', password });
    const { key: secret } = await enrol('guess@example.test');
    const answers: string[] = [];
    for (let round = 0; round < 2; round += 1) {
      const browser = new Browser();
      await browser.signIn('guess@example.test');
      for (let turn = 0; turn < 5; turn += 1) {
        answers.push(
          (
            await problemOf(
              verifyCode({ kind: 'backup', code: `wrong-${round}${turn}` }, browser.client),
            )
          ).code,
        );
      }
    }
    const locked = new Browser();
    await locked.signIn('guess@example.test');
    const refused = await problemOf(
      verifyCode({ kind: 'totp', code: await nextCode(secret) }, locked.client),
    );
    expect(refused.code).toBe('rate_limited');
    expect(refused.details).toEqual({ retryAfter: 900 });
    expect(answers).toEqual(Array(10).fill('unauthenticated'));
  });
});

describe('every other door', () => {
  it('a password reset opens no session, and ends a challenge of the old password', async () => {
    const waiting = new Browser();
    await waiting.signIn('two@example.test');
    const [user] = await database.query<{ id: string }>(
      `select id from users where email = 'two@example.test'`,
    );
    const link = await createResetLink(user?.id ?? '', 600);
    const resetter = new Browser();
    await resetPassword({ token: tokenOf(link), password }, resetter.client);
    expect(await resetter.session()).toBeNull();
    expect(
      (await problemOf(verifyCode({ kind: 'totp', code: await nextCode(key) }, waiting.client)))
        .details,
    ).toEqual({ startAgain: true });
    expect((await resetter.signIn('two@example.test')).needsCode).toBe(true);
    expect(await resetter.session()).toBeNull();
  });

  it('an invitation opens no session for somebody who has an account', async () => {
    const [boss] = await database.query<{ id: string; name: string; email: string }>(
      `select id, name, email from users where email = 'boss@example.test'`,
    );
    const access = boss && (await findAccess(boss, 'summit'));
    if (access === undefined) throw new Error('The admin has no access');
    const token = createInvitationToken(
      await inviteUser(access, { email: 'two@example.test', role: 'admin' }),
    );
    const refused = await problemOf(
      acceptInvitation(token, { name: 'Two', password: 'a password of my choice' }),
    );
    expect(refused.code).toBe('conflict');
    expect((await new Browser().signIn('two@example.test')).needsCode).toBe(true);
    expect(
      (await problemOf(new Browser().signIn('two@example.test', 'a password of my choice'))).code,
    ).toBe('unauthenticated');
  });

  it('the HTTP endpoint of the library asks too, and trusts no device', async () => {
    const post = (path: string, body: object, cookie = '') =>
      auth().handler(
        new Request(`http://localhost:4321/api/auth${path}`, {
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            origin: 'http://localhost:4321',
            ...(cookie && { cookie }),
          },
          body: JSON.stringify(body),
        }),
      );
    const response = await post('/sign-in/email', { email: 'two@example.test', password });
    expect(await response.json()).toEqual({ twoFactorRedirect: true, twoFactorMethods: ['totp'] });
    const browser = new Browser();
    browser.keep(response.headers);
    expect(await browser.session()).toBeNull();
    const cookie = browser.client.get('cookie') ?? '';
    const trusting = await post(
      '/two-factor/verify-totp',
      { code: await nextCode(key), trustDevice: true },
      cookie,
    );
    expect(trusting.status).toBe(400);
    expect(trusting.headers.getSetCookie().join()).not.toMatch(/session_token|trust_device/);
  });
});
