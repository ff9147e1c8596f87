import { describe, expect, it } from 'vitest';
import { auth } from '#lib/identity/auth/auth.ts';
import { changePassword } from '#lib/identity/auth/account.ts';
import { listSessions, revokeSession } from '#lib/identity/auth/sessions.ts';
import { signOut } from '#lib/identity/auth/sign-in.ts';
import { createUser } from '#lib/identity/auth/users.ts';
import { withQueryTime } from '#lib/platform/db/query-time.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { useDatabase } from '../../helpers/database.ts';
import { Browser, password, problemOf } from './people.ts';

const database = useDatabase();

describe('signing in', () => {
  it('opens a session for the right password and ends it on sign-out', async () => {
    await createUser({ email: 'Ada@Example.test', name: 'Ada', password });
    const browser = new Browser();
    expect((await browser.signIn(' ADA@example.test ')).needsCode).toBe(false);
    expect((await browser.signedIn()).user).toMatchObject({
      email: 'ada@example.test',
      name: 'Ada',
      twoFactorEnabled: false,
    });
    const stolen = new Map(browser.jar);
    browser.keep(await signOut(browser.client));
    expect(await browser.session()).toBeNull();
    for (const [name, value] of stolen) browser.jar.set(name, value);
    expect(await browser.session(), 'a copied cookie after sign-out').toBeNull();
  });

  it('marks the cookie so that scripts and other sites cannot use it', async () => {
    const { cookies } = await new Browser().signIn('ada@example.test');
    const [session = ''] = cookies
      .getSetCookie()
      .filter((cookie) => cookie.startsWith('tributary.session_token='));
    expect(session).toMatch(/HttpOnly/i);
    expect(session).toMatch(/SameSite=Lax/i);
    expect(session).toMatch(/Path=\//i);
  });

  it('takes an address with blanks around it, also from programs, in one form or the other', async () => {
    await createUser({ email: 'pasted@example.test', password });
    expect((await new Browser().signIn('\t pasted@example.test ')).needsCode).toBe(false);
    const fields = { email: '  Pasted@example.test\n', password };
    for (const [type, body] of [
      ['application/json', JSON.stringify(fields)],
      ['application/x-www-form-urlencoded', new URLSearchParams(fields).toString()],
    ] as const) {
      const request = new Request('http://localhost:4321/api/auth/sign-in/email', {
        method: 'POST',
        headers: { 'content-type': type, origin: 'http://localhost:4321' },
        body,
      });
      expect((await auth().handler(request)).status, type).toBe(200);
    }
  });

  it('says the same to a wrong password, an unknown address and a missing password', async () => {
    await createUser({ email: 'nopass@example.test' });
    const answers = await Promise.all([
      problemOf(new Browser().signIn('ada@example.test', 'wrong password!')),
      problemOf(new Browser().signIn('nobody@example.test', 'wrong password!')),
      problemOf(new Browser().signIn('nopass@example.test', 'wrong password!')),
    ]);
    expect(new Set(answers.map((problem) => `${problem.code}: ${problem.message}`))).toEqual(
      new Set(['unauthenticated: The e-mail address or the password is wrong.']),
    );
  });

  it('asks the database the same number of things about every wrong password', async () => {
    const known = new Browser();
    await known.signIn('ada@example.test');
    const count = (browser: Browser, email: string) =>
      withQueryTime(async (tally) => {
        await problemOf(browser.signIn(email, 'wrong password!'));
        return tally.queries;
      });
    for (const browser of [new Browser(), known])
      expect(await count(browser, 'nobody@example.test')).toBe(
        await count(browser, 'nopass@example.test'),
      );
    expect(await count(new Browser(), 'nobody@example.test')).toBe(
      await count(new Browser(), 'ada@example.test'),
    );
  });

  it('refuses a forged cookie', async () => {
    const browser = new Browser();
    await browser.signIn('ada@example.test');
    const [name = '', value = ''] = [...browser.jar][0] ?? [];
    const decoded = decodeURIComponent(value);
    browser.jar.set(
      name,
      encodeURIComponent(`${decoded.slice(0, -3)}${decoded.endsWith('AA=') ? 'BB=' : 'AA='}`),
    );
    expect(await browser.session()).toBeNull();
  });

  it('starts in the only workspace of a user, and in none when there are several', async () => {
    const one = await createTenant({ slug: 'one', name: 'One' });
    const two = await createTenant({ slug: 'two', name: 'Two' });
    await createUser({ email: 'sole@example.test', password, tenantSlug: 'one' });
    const { user } = await createUser({ email: 'both@example.test', password, tenantSlug: 'one' });
    await database.query('insert into memberships (tenant_id, user_id, role) values ($1, $2, $3)', [
      two.id,
      user.id,
      'viewer',
    ]);
    const [sole, both] = [new Browser(), new Browser()];
    await sole.signIn('sole@example.test');
    await both.signIn('both@example.test');
    expect((await sole.signedIn()).session.activeTenantId).toBe(one.id);
    expect((await both.signedIn()).session.activeTenantId).toBeNull();
  });
});

describe('odd input', () => {
  it.each([
    '',
    'nobody',
    'a@b',
    'a\u0000@example.test',
    '\ud800@example.test',
    `${'x'.repeat(5000)}@example.test`,
    `' or 1=1 --`,
  ])('is refused in words: %j', async (email) => {
    expect((await problemOf(new Browser().signIn(email))).details).toHaveProperty('fields.email');
  });

  it('is refused by the endpoint of the library too', async () => {
    for (const body of [
      '{',
      '[]',
      'null',
      '{"email":{}}',
      '{"email":"a\\u0000@example.test","password":"x"}',
      '{"email":["a"],"password":1}',
    ]) {
      const request = new Request('http://localhost:4321/api/auth/sign-in/email', {
        method: 'POST',
        headers: { 'content-type': 'application/json', origin: 'http://localhost:4321' },
        body,
      });
      expect((await auth().handler(request)).status, body).toBe(400);
    }
  });
});

describe('sessions', () => {
  it('ends every session when the password changes, and gives the own one a new one', async () => {
    await createUser({ email: 'change@example.test', password });
    const [laptop, phone] = [new Browser(), new Browser()];
    await laptop.signIn('change@example.test');
    await phone.signIn('change@example.test');
    const copied = new Browser();
    for (const [name, value] of laptop.jar) copied.jar.set(name, value);
    const change = { password, newPassword: 'another good secret' };
    laptop.keep(await changePassword(change, await laptop.signedIn(), laptop.client));
    expect(await laptop.session(), 'the session that changed it').not.toBeNull();
    expect(await phone.session(), 'another session').toBeNull();
    expect(await copied.session(), 'a copy of the old cookie').toBeNull();
    expect((await problemOf(new Browser().signIn('change@example.test'))).code).toBe(
      'unauthenticated',
    );
    expect(
      (await new Browser().signIn('change@example.test', 'another good secret')).needsCode,
    ).toBe(false);
  });

  it('checks and limits the present password on a change', async () => {
    const browser = new Browser();
    await browser.signIn('change@example.test', 'another good secret');
    const signedIn = await browser.signedIn();
    const attempt = (current: string, next: string) =>
      problemOf(changePassword({ password: current, newPassword: next }, signedIn, browser.client));
    expect((await attempt('another good secret', 'short')).details).toEqual({
      fields: { newPassword: 'Use at least 12 characters.' },
    });
    for (let turn = 0; turn < 10; turn += 1) {
      expect((await attempt('not my password', 'a third good secret')).details).toEqual({
        fields: { password: 'This is not your current password.' },
      });
    }
    expect((await attempt('another good secret', 'a third good secret')).code).toBe('rate_limited');
  });

  it('lists and ends the own sessions only', async () => {
    await createUser({ email: 'mallory@example.test', password });
    const [mine, other, foreign] = [new Browser(), new Browser(), new Browser()];
    await mine.signIn('ada@example.test');
    await other.signIn('ada@example.test');
    await foreign.signIn('mallory@example.test');
    const lines = await listSessions(await mine.signedIn());
    expect(lines.filter((line) => line.isCurrent)).toHaveLength(1);
    const otherId = (await other.signedIn()).session.id;
    expect(lines.map((line) => line.id)).toContain(otherId);
    const mallory = await foreign.signedIn();
    const refused = await problemOf(revokeSession(mallory, otherId));
    const absent = await problemOf(revokeSession(mallory, '018f0000-0000-7000-8000-000000000000'));
    expect([refused.code, refused.message]).toEqual([absent.code, absent.message]);
    expect(await other.session()).not.toBeNull();
    await revokeSession(await mine.signedIn(), otherId);
    expect(await other.session()).toBeNull();
  });
});
