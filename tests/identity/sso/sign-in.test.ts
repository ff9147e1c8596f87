import { describe, expect, it, beforeAll } from 'vitest';
import { findAccess, listWorkspaces } from '#lib/identity/auth/access.ts';
import { admit } from '#lib/identity/sso/people.ts';
import { findProviderOf } from '#lib/identity/sso/providers.ts';
import { saveOptions } from '#lib/identity/sso/settings.ts';
import { startSso } from '#lib/identity/sso/start.ts';
import { createUser } from '#lib/identity/auth/users.ts';
import type { Access } from '#lib/identity/auth/access.ts';
import { useDatabase } from '../../helpers/database.ts';
import { Browser, password, problemOf } from '../auth/people.ts';
import { useIdentityProvider } from './identity-provider.ts';
import { addMember, comeBack, createSsoWorkspace, plain, signInBySso } from './workspace.ts';

const db = useDatabase();
const idp = useIdentityProvider();
let acme: Access;
beforeAll(async () => {
  acme = await createSsoWorkspace('acme', idp);
  await addMember('ann@acme.test', 'acme', { role: 'member' });
});

const events = (action: string) =>
  db.query<{ label: string | null; after: { method?: string; reason?: string } }>(
    `select target_label as label, after from audit_events where action = $1
     and after ->> 'method' = 'single sign-on' order by at desc, id desc`,
    [action],
  );

describe('signing in with single sign-on', () => {
  it('sends people to the provider with PKCE, state and nonce', async () => {
    const { url } = await startSso(
      { email: ' Ann@ACME.test ' },
      { client: new Browser().client, next: '/' },
    );
    const sent = new URL(url);
    expect(sent.origin + sent.pathname).toBe(`${idp.issuer}/authorize`);
    expect(Object.fromEntries(sent.searchParams)).toMatchObject({
      response_type: 'code',
      client_id: idp.clientId,
      scope: 'openid email profile',
      code_challenge_method: 'S256',
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      state: expect.stringMatching(/^[\w-]{43}$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
      login_hint: 'ann@acme.test',
    });
  });

  it('opens a session of the member in the workspace, and the log says how', async () => {
    const browser = await signInBySso(idp, 'ann@acme.test');
    const { user, session } = await browser.signedIn();
    expect(user).toMatchObject({ email: 'ann@acme.test', ssoProviderId: expect.any(String) });
    expect(session.activeTenantId).toBe(acme.tenant.id);
    expect(await findAccess(user, 'acme')).toMatchObject({ role: 'member', isStaff: false });
    expect((await events('sign_in.succeeded'))[0]).toMatchObject({ label: 'ann@acme.test' });
    expect([...browser.jar.keys()].join(), 'the attempt is over').not.toContain('sso_attempt');
  });

  it('counts only what leads nowhere towards the limit of an office', async () => {
    const browser = new Browser();
    const counts = () =>
      db.query(`select count from rate_limits where key = $1`, [`sso:address:${browser.address}`]);
    await signInBySso(idp, 'ann@acme.test', {}, browser);
    expect(await counts()).toEqual([{ count: 0 }]);
    await problemOf(signInBySso(idp, 'ann@acme.test', { forged: true }, browser));
    expect(await counts()).toEqual([{ count: 2 }]);
  });

  it('knows the person again by the id of the provider', async () => {
    await signInBySso(idp, 'ann@acme.test');
    const renamed = await signInBySso(idp, 'ann@acme.test', {
      claims: { email: 'ann.married@acme.test' },
    });
    expect((await renamed.signedIn()).user.email).toBe('ann@acme.test');
  });

  it.each([[['email']], [['email_verified']], [['email', 'email_verified', 'name']]])(
    'asks the UserInfo endpoint for what the ID token lacks: %s',
    async (without) => {
      const browser = await signInBySso(idp, 'ann@acme.test', { without });
      expect((await browser.signedIn()).user.email).toBe('ann@acme.test');
    },
  );

  it('leaves the password as a way in, unless the workspace says otherwise', async () => {
    const browser = new Browser();
    await browser.signIn('ann@acme.test');
    const { user } = await browser.signedIn();
    expect(await findAccess(user, 'acme')).toMatchObject({ role: 'member' });
    await saveOptions(acme, { ...plain, required: true });
    expect((await problemOf(findAccess(user, 'acme'))).message).toContain(
      'acme franchising requires single sign-on for addresses at acme.test.',
    );
    expect((await listWorkspaces(user)).map(({ demandsSso }) => demandsSso)).toEqual([true]);
    const { user: byProvider } = await (await signInBySso(idp, 'ann@acme.test')).signedIn();
    expect(await findAccess(byProvider, 'acme')).toMatchObject({ role: 'member' });
  });

  it('lets staff, and members at other domains, in with their password all the same', async () => {
    await saveOptions(acme, { ...plain, required: true });
    await createUser({ email: 'fay@acme.test', password, staff: ['acme'] });
    await addMember('guest@consultants.test', 'acme');
    for (const [email, role] of [
      ['fay@acme.test', 'staff'],
      ['guest@consultants.test', 'viewer'],
    ] as const) {
      const browser = new Browser();
      await browser.signIn(email);
      expect(await findAccess((await browser.signedIn()).user, 'acme'), email).toMatchObject({
        role,
      });
    }
    await saveOptions(acme, plain);
  });

  it('tells nothing about accounts: only domains are looked up', async () => {
    const start = (email: string) =>
      startSso({ email }, { client: new Browser().client, next: '/' });
    const known = await problemOf(start('staff@acme.agency.test'));
    const unknown = await problemOf(start('nobody@acme.agency.test'));
    expect(known.message).toBe(unknown.message);
    const shape = async (email: string) =>
      [...new URL((await start(email)).url).searchParams.keys()].join();
    expect(await shape('nobody@acme.test')).toBe(await shape('ann@acme.test'));
  });
});

describe('new members', () => {
  it('are turned away while the workspace does not admit them', async () => {
    const says = { claims: { sub: 'new-1', email: 'new@acme.test' } };
    const problem = await problemOf(signInBySso(idp, 'new@acme.test', says));
    expect(problem).toMatchObject({ code: 'forbidden' });
    expect(await db.query(`select 1 from users where email = 'new@acme.test'`)).toEqual([]);
    expect((await events('sign_in.failed'))[0]?.after.reason).toContain('not a member');
  });

  it('join with the role that the workspace gives them, without a password', async () => {
    await saveOptions(acme, { ...plain, admits: true });
    const says = { claims: { sub: 'new-2', email: 'new@acme.test', name: 'Nia\u0000 New' } };
    const browser = await signInBySso(idp, 'new@acme.test', says);
    const { user } = await browser.signedIn();
    expect(user.name, 'a name that cannot be one is left out').toBe('new');
    expect(await findAccess(user, 'acme')).toMatchObject({ role: 'viewer' });
    expect(
      await db.query(`select 1 from accounts where user_id = $1 and password is not null`, [
        user.id,
      ]),
    ).toEqual([]);
    await saveOptions(acme, plain);
  });
});

describe('an answer is refused', () => {
  const ann = 'ann@acme.test';
  it.each([
    ['whose signature is forged', { forged: true }],
    ['without a signature', { alg: 'none' }],
    ['of another issuer', { claims: { iss: 'https://accounts.google.com' } }],
    ['for another audience', { claims: { aud: 'somebody-else' } }],
    [
      'for several audiences, ours not the authorized one',
      { claims: { aud: ['tributary', 'other'], azp: 'other' } },
    ],
    ['with another nonce', { claims: { nonce: 'replayed' } }],
    ['without a nonce', { without: ['nonce'] }],
    ['that has expired', { claims: { exp: Math.floor(Date.now() / 1000) - 600 } }],
    ['that says not who it is about', { without: ['sub'] }],
  ])('%s', async (_what, says) => {
    const browser = new Browser();
    expect(await problemOf(signInBySso(idp, ann, says, browser))).toMatchObject({
      code: 'unauthenticated',
    });
    expect(await browser.session()).toBeNull();
  });

  it.each([
    ['whose address is called unverified', { email_verified: false }],
    ['that says nothing about the address', { email_verified: undefined }],
    ['with a foreign domain', { email: 'ann@elsewhere.test' }],
    ['with a domain that only looks like ours', { email: 'ann@evil-acme.test' }],
    ['with a domain below ours', { email: 'ann@sub.acme.test' }],
    ['with an address that is none', { email: ['ann@acme.test'] }],
    ['with an id that cannot be stored', { sub: 'a\u0000b' }],
  ])('%s', async (_what, claims) => {
    const browser = new Browser();
    expect(
      await problemOf(signInBySso(idp, ann, { claims: { sub: 'other', ...claims } }, browser)),
    ).toMatchObject({ code: 'forbidden' });
    expect(await browser.session()).toBeNull();
  });

  it('accepts an address without a word about it where staff vouch for the provider', async () => {
    await saveOptions(acme, { ...plain, trustsAddresses: true });
    const quiet = { claims: { email_verified: undefined } };
    expect(await (await signInBySso(idp, ann, quiet)).session()).not.toBeNull();
    const denied = { claims: { email_verified: false } };
    expect(await problemOf(signInBySso(idp, ann, denied))).toMatchObject({ code: 'forbidden' });
    await saveOptions(acme, plain);
  });

  it('of a private Google account with an address at the domain', async () => {
    const provider = await findProviderOf(acme.tenant.id);
    if (provider === undefined) throw new Error('Nothing is set up');
    const asGoogle = { ...provider, issuer: 'https://accounts.google.com' };
    const claims = { sub: 'google-1', email: ann, email_verified: true };
    await db.query(`delete from accounts where provider_id like 'sso:%'`);
    for (const hd of [undefined, '', 'elsewhere.test', ['acme.test']])
      expect(await problemOf(admit(asGoogle, { ...claims, hd }))).toMatchObject({
        code: 'forbidden',
      });
    expect(await admit(asGoogle, { ...claims, hd: 'acme.test' })).toMatch(/^[0-9a-f-]{36}$/);
    await db.query(`delete from accounts where provider_id like 'sso:%'`);
  });

  it('that comes a second time', async () => {
    const browser = new Browser();
    const { url, cookies } = await startSso({ email: ann }, { client: browser.client, next: '/' });
    browser.keep(cookies);
    const thief = new Browser();
    for (const [name, value] of browser.jar) thief.jar.set(name, value);
    const search = idp.signIn(url);
    await comeBack(browser, url, search);
    expect((await problemOf(comeBack(thief, url, search))).message).toContain('already used');
  });

  it('that another browser began', async () => {
    const { url } = await startSso({ email: ann }, { client: new Browser().client, next: '/' });
    const victim = new Browser();
    const own = await startSso({ email: ann }, { client: victim.client, next: '/' });
    victim.keep(own.cookies);
    expect((await problemOf(comeBack(victim, url, idp.signIn(url)))).message).toContain(
      'another browser',
    );
    expect(await victim.session()).toBeNull();
  });

  it('with a code that was asked for by somebody else', async () => {
    const other = await startSso({ email: ann }, { client: new Browser().client, next: '/' });
    const stolen = new URLSearchParams(idp.signIn(other.url)).get('code') ?? '';
    const browser = new Browser();
    const { url, cookies } = await startSso({ email: ann }, { client: browser.client, next: '/' });
    browser.keep(cookies);
    const state = new URL(url).searchParams.get('state') ?? '';
    const mixed = `?${new URLSearchParams({ code: stolen, state })}`;
    expect(await problemOf(comeBack(browser, url, mixed))).toMatchObject({
      code: 'unauthenticated',
    });
  });

  it('that is too old', async () => {
    const browser = new Browser();
    const { url, cookies } = await startSso({ email: ann }, { client: browser.client, next: '/' });
    browser.keep(cookies);
    await db.query(`update verifications set expires_at = now() where identifier like 'sso:%'`);
    expect(await problemOf(comeBack(browser, url, idp.signIn(url)))).toMatchObject({
      code: 'bad_request',
    });
  });

  it('for an address that was handed on to another person', async () => {
    await signInBySso(idp, ann);
    const next = { claims: { sub: 'successor' } };
    expect((await problemOf(signInBySso(idp, ann, next))).message).toContain('another person');
  });
});
