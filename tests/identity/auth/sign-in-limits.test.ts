import { describe, expect, it } from 'vitest';
import { auth } from '#lib/identity/auth/auth.ts';
import { changePassword } from '#lib/identity/auth/account.ts';
import { createResetLink, resetPassword } from '#lib/identity/auth/password-reset.ts';
import { signOut, verifyCode } from '#lib/identity/auth/sign-in.ts';
import { confirmTwoFactor, startTwoFactor } from '#lib/identity/auth/two-factor.ts';
import { createUser } from '#lib/identity/auth/users.ts';
import { useDatabase } from '../../helpers/database.ts';
import { Browser, password, problemOf, tokenOf, totp } from './people.ts';

const database = useDatabase();
const wrong = 'wrong password!';
const deviceName = 'tributary.device';

/** What an attempt came to: in, unauthenticated or rate_limited. */
const attempt = (browser: Browser, email: string, secret = password): Promise<string> =>
  browser.signIn(email, secret).then(
    () => 'in',
    (error: { code: string }) => error.code,
  );

const tally = (outcomes: string[]): Record<string, number> =>
  Object.fromEntries(
    [...new Set(outcomes)].map((outcome) => [
      outcome,
      outcomes.filter((other) => other === outcome).length,
    ]),
  );

const repeat = (times: number, work: (turn: number) => Promise<string>): Promise<string[]> =>
  Promise.all(Array.from({ length: times }, (_, turn) => work(turn)));

/** A browser that its owner has signed in with before, and out again. */
async function knownBrowser(email: string, address?: string): Promise<Browser> {
  const browser = new Browser(address);
  await browser.signIn(email);
  browser.keep(await signOut(browser.client));
  return browser;
}

const countOf = async (key: string): Promise<number> =>
  (
    await database.query<{ count: number }>('select count from rate_limits where key = $1', [key])
  )[0]?.count ?? 0;

/** As if strangers had used up an account from all over the world. */
const exhaust = (email: string): Promise<unknown> =>
  database.query(
    `insert into rate_limits (key, count, last_request)
     values ($1, 100, extract(epoch from now()) * 1000)
     on conflict (key) do update set count = 100, last_request = excluded.last_request`,
    [`sign-in:account:${email}`],
  );

describe('one account, attacked', () => {
  it('from one address: ten passwords are checked, also in parallel, and others still get in', async () => {
    await createUser({ email: 'target@example.test', password });
    const attacker = new Browser();
    const outcomes = await repeat(25, () => attempt(attacker, 'target@example.test', wrong));
    expect(tally(outcomes)).toEqual({ unauthenticated: 10, rate_limited: 15 });
    const refused = await problemOf(attacker.signIn('target@example.test'));
    expect(refused.message).toMatch(/too many wrong passwords.*network.*Try again in \d+ minutes/);
    expect((refused.details as { retryAfter: number }).retryAfter).toBeGreaterThan(0);
    expect(await attempt(new Browser(), 'target@example.test')).toBe('in');
  });

  it('from one address: the wait ends after the window', async () => {
    const attacker = new Browser();
    await repeat(11, () => attempt(attacker, 'target@example.test', wrong));
    expect(await attempt(attacker, 'target@example.test')).toBe('rate_limited');
    await database.query(
      `update rate_limits set last_request = last_request - 15 * 60 * 1000
       where key like 'sign-in:network-account:%'`,
    );
    expect(await attempt(attacker, 'target@example.test')).toBe('in');
  });

  it('from 200 addresses: a hundred are checked; the own browser gets in, and the mail helps', async () => {
    const email = 'famous@example.test';
    const { user } = await createUser({ email, password });
    const own = await knownBrowser(email);
    const outcomes = await repeat(200, () => attempt(new Browser(), email, wrong));
    expect(tally(outcomes)).toEqual({ unauthenticated: 100, rate_limited: 100 });
    const stranger = new Browser();
    expect((await problemOf(stranger.signIn(email))).message).toContain('Forgot your password?');
    expect(
      await database.query(
        `select count(*)::int, after from audit_events
         where action = 'sign_in.locked' and target_label = $1 group by after`,
        [email],
      ),
      'one event, not a hundred',
    ).toEqual([{ count: 1, after: { network: 'all' } }]);
    expect(await attempt(own, email), 'a browser that was signed in before').toBe('in');
    expect(await attempt(new Browser(), email), 'the attack is not forgotten').toBe('rate_limited');

    const { cookies } = await resetPassword(
      { token: tokenOf(await createResetLink(user.id, 600)), password: 'another good secret' },
      stranger.client,
    );
    stranger.keep(cookies);
    await exhaust(email);
    expect(await attempt(stranger, email, 'another good secret'), 'after a reset').toBe('in');
  });

  it('with a right password takes back only what its own owner mistyped', async () => {
    const email = 'clumsy@example.test';
    await createUser({ email, password });
    await repeat(3, () => attempt(new Browser(), email, wrong));
    const browser = new Browser();
    for (let round = 0; round < 3; round += 1) {
      await repeat(6, () => attempt(browser, email, wrong));
      browser.jar.clear();
      expect(await attempt(browser, email)).toBe('in');
      expect(await countOf(`sign-in:account:${email}`)).toBe(3);
      expect(await countOf(`sign-in:network:${browser.address}`)).toBe(0);
    }
  });

  it('says the same about an address that has no account', async () => {
    const nobody = await repeat(25, () => attempt(attackerOf.nobody, 'nobody@example.test', wrong));
    expect(tally(nobody)).toEqual({ unauthenticated: 10, rate_limited: 15 });
    const [unknown, known] = await Promise.all([
      problemOf(attackerOf.nobody.signIn('nobody@example.test')),
      (async () => {
        await repeat(11, () => attempt(attackerOf.somebody, 'clumsy@example.test', wrong));
        return problemOf(attackerOf.somebody.signIn('clumsy@example.test'));
      })(),
    ]);
    expect(unknown.message).toBe(known.message);
  });
});

const attackerOf = { nobody: new Browser(), somebody: new Browser() };

describe('an office behind one address', () => {
  const office = '203.0.113.80';

  it('goes on working while one of them mistypes', async () => {
    await createUser({ email: 'mistyper@example.test', password });
    await createUser({ email: 'colleague@example.test', password });
    await repeat(30, () => attempt(new Browser(office), 'mistyper@example.test', wrong));
    expect(await attempt(new Browser(office), 'colleague@example.test'), 'a new browser').toBe(
      'in',
    );
  });

  it('goes on working while an attacker inside tries every account', async () => {
    const colleague = await knownBrowser('colleague@example.test', office);
    const spray = await repeat(60, (turn) =>
      attempt(new Browser(office), `user${turn}@example.test`, 'Summer2026!!'),
    );
    expect(tally(spray)).toEqual({ unauthenticated: 40, rate_limited: 20 });
    expect(await attempt(new Browser(office), 'mistyper@example.test'), 'an unknown browser').toBe(
      'rate_limited',
    );
    expect(await attempt(colleague, 'colleague@example.test')).toBe('in');
    expect(await attempt(colleague, 'colleague@example.test', wrong)).toBe('unauthenticated');
  });

  it('keeps the endpoints for programs, whose library limits by address alone', async () => {
    const post = (path: string, body: object, browser: Browser) =>
      auth().handler(
        new Request(`http://localhost:4321/api/auth${path}`, {
          method: 'POST',
          headers: {
            ...Object.fromEntries(browser.client),
            'content-type': 'application/json',
            origin: 'http://localhost:4321',
          },
          body: JSON.stringify(body),
        }),
      );
    const colleague = await knownBrowser('colleague@example.test');
    const attacker = new Browser(colleague.address);
    const spray = await repeat(80, async (turn) =>
      String(
        (await post('/sign-in/email', { email: `p${turn}@x.test`, password }, attacker)).status,
      ),
    );
    expect(tally(spray)).toEqual({ 401: 50, 429: 30 });
    const codes = await repeat(70, async () =>
      String((await post('/two-factor/verify-totp', { code: '123456' }, attacker)).status),
    );
    expect(tally(codes)).toEqual({ 401: 70 });
    const signedIn = await post(
      '/sign-in/email',
      { email: 'colleague@example.test', password },
      colleague,
    );
    expect(signedIn.status).toBe(200);
    colleague.keep(signedIn.headers);
    expect((await post('/sign-out', {}, colleague)).status).toBe(200);
  });
});

describe('the device cookie', () => {
  it('names nobody, is out of reach of scripts and other sites, and outlives the session', async () => {
    const { user } = await createUser({ email: 'dora@example.test', password });
    const browser = new Browser();
    const { cookies } = await browser.signIn('dora@example.test');
    const line = cookies.getSetCookie().find((text) => text.startsWith(deviceName)) ?? '';
    expect(line).toMatch(
      /^tributary\.device=[\w-]{22}\.\d{10}\.[\w-]{43}; Max-Age=31536000; Path=\/; HttpOnly; SameSite=Lax$/,
    );
    expect(line).not.toMatch(new RegExp(`dora|${user.id}`, 'i'));
    browser.keep(await signOut(browser.client));
    expect([...browser.jar.keys()]).toEqual([deviceName]);
    expect(await browser.session()).toBeNull();
  });

  it('serves each of the last accounts of a browser', async () => {
    const browser = await knownBrowser('dora@example.test');
    await createUser({ email: 'second@example.test', password });
    await browser.signIn('second@example.test');
    await Promise.all([exhaust('dora@example.test'), exhaust('second@example.test')]);
    expect(await attempt(browser, 'dora@example.test')).toBe('in');
    expect(await attempt(browser, 'second@example.test')).toBe('in');
  });

  it('stolen, gets its own few attempts, and its owner keeps getting in', async () => {
    const email = 'robbed@example.test';
    await createUser({ email, password });
    const owner = await knownBrowser(email);
    await exhaust(email);
    const thief = new Browser();
    for (const [name, value] of owner.jar) thief.jar.set(name, value);
    const outcomes = await repeat(30, () => attempt(thief, email, wrong));
    expect(tally(outcomes)).toEqual({ unauthenticated: 10, rate_limited: 20 });
    await database.query(`delete from rate_limits where key = 'sign-in:account:${email}'`);
    expect(await attempt(owner, email), 'with the same cookie, from elsewhere').toBe('in');
    await exhaust(email);
    expect(await attempt(owner, email), 'with the newer cookie').toBe('in');
  });

  it.each([
    [
      'of somebody else',
      async () => (await knownBrowser('colleague@example.test')).jar.get(deviceName),
    ],
    ['with another id', async () => flip((await knownBrowser(victim)).jar.get(deviceName), 3)],
    ['with another code', async () => flip((await knownBrowser(victim)).jar.get(deviceName), -3)],
    ['made up', () => Promise.resolve(`${'a'.repeat(22)}.1790000000.${'b'.repeat(43)}`)],
    ['without sense', () => Promise.resolve('~~%00..%ff~')],
  ])('counts for nothing %s', async (_, forge) => {
    await ensureVictim();
    const forger = new Browser();
    forger.jar.set(deviceName, (await forge()) ?? '');
    expect(await attempt(forger, victim, wrong)).toBe('unauthenticated');
    expect(await countOf(`sign-in:network-account:${forger.address} ${victim}`)).toBe(1);
  });

  it('ends with the password, and the browser that changed it gets a new one', async () => {
    await ensureVictim();
    const [own, other] = [await knownBrowser(victim), await knownBrowser(victim)];
    await own.signIn(victim);
    const change = { password, newPassword: 'another good secret' };
    own.keep(await changePassword(change, await own.signedIn(), own.client));
    await exhaust(victim);
    expect(await attempt(other, victim, 'another good secret')).toBe('rate_limited');
    expect(await attempt(own, victim, 'another good secret')).toBe('in');
  });

  it('comes after the second step, and never stands for it', async () => {
    const email = 'careful@example.test';
    await createUser({ email, password });
    const browser = new Browser();
    await browser.signIn(email);
    const { key } = await startTwoFactor({ password }, await browser.signedIn(), browser.client);
    await confirmTwoFactor({ code: totp(key) }, await browser.signedIn(), browser.client);
    const again = new Browser();
    expect((await again.signIn(email)).needsCode).toBe(true);
    expect([...again.jar.keys()]).not.toContain(deviceName);
    await database.query(`delete from rate_limits where key like 'totp:code:%'`);
    again.keep((await verifyCode({ kind: 'totp', code: totp(key) }, again.client)).cookies);
    expect([...again.jar.keys()]).toContain(deviceName);
    again.keep(await signOut(again.client));
    expect((await again.signIn(email)).needsCode, 'with the device cookie').toBe(true);
  });
});

const victim = 'victim@example.test';

const ensureVictim = (): Promise<unknown> =>
  createUser({ email: victim, password }).catch(() => undefined);

/** The text with one letter changed. */
function flip(text: string | undefined, at: number): string {
  const letters = [...(text ?? '')];
  const index = at < 0 ? letters.length + at : at;
  letters[index] = letters[index] === 'A' ? 'B' : 'A';
  return letters.join('');
}
