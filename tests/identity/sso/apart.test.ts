import { beforeAll, describe, expect, it } from 'vitest';
import { findAccess, listWorkspaces, type Access } from '#lib/identity/auth/access.ts';
import { createUser } from '#lib/identity/auth/users.ts';
import { finishSso } from '#lib/identity/sso/finish.ts';
import { saveOptions } from '#lib/identity/sso/settings.ts';
import { startSso } from '#lib/identity/sso/start.ts';
import { useDatabase } from '../../helpers/database.ts';
import { Browser, password, problemOf } from '../auth/people.ts';
import { useIdentityProvider } from './identity-provider.ts';
import {
  addMember,
  createSsoWorkspace,
  createStaff,
  plain,
  proveDomain,
  providerIdOf,
  signInBySso,
} from './workspace.ts';

const db = useDatabase();
const acmeIdp = useIdentityProvider();
const brookIdp = useIdentityProvider();
let acme: Access;
let brook: Access;
beforeAll(async () => {
  acme = await createSsoWorkspace('acme', acmeIdp);
  brook = await createSsoWorkspace('brook', brookIdp);
  await addMember('ann@acme.test', 'acme', { role: 'admin' });
  await addMember('bea@brook.test', 'brook', { role: 'admin' });
});

const slugs = async (browser: Browser) =>
  (await listWorkspaces((await browser.signedIn()).user)).map(({ tenant }) => tenant.slug);

describe('the provider of one workspace', () => {
  it('never signs in a member of another, whose address it names', async () => {
    const says = { claims: { sub: 'evil', email: 'bea@brook.test' } };
    expect(await problemOf(signInBySso(acmeIdp, 'ann@acme.test', says))).toMatchObject({
      code: 'forbidden',
    });
  });

  it('not even when it admits new members', async () => {
    await saveOptions(acme, { ...plain, admits: true });
    const says = { claims: { sub: 'evil', email: 'bea@brook.test' } };
    expect(await problemOf(signInBySso(acmeIdp, 'ann@acme.test', says))).toMatchObject({
      code: 'forbidden',
    });
    await saveOptions(acme, plain);
  });

  it('never signs in staff, even with an address at its own domain', async () => {
    await createUser({ email: 'sam@acme.test', password, staff: true });
    await createUser({ email: 'sue@acme.test', password, staff: ['brook'] });
    await saveOptions(acme, { ...plain, admits: true });
    for (const email of ['sam@acme.test', 'sue@acme.test']) {
      const says = { claims: { sub: email, email } };
      const browser = new Browser();
      expect((await problemOf(signInBySso(acmeIdp, email, says, browser))).code).toBe('forbidden');
      expect(await browser.session()).toBeNull();
    }
    await saveOptions(acme, plain);
  });

  it('gets no code that another one gave out: answers come back to its own address', async () => {
    const browser = new Browser();
    const begun = await startSso({ email: 'ann@acme.test' }, { client: browser.client, next: '/' });
    browser.keep(begun.cookies);
    const search = acmeIdp.signIn(begun.url);
    const asked = brookIdp.asked.length;
    const other = { providerId: await providerIdOf(brook), search };
    expect(await problemOf(finishSso(other, browser.client))).toMatchObject({
      code: 'bad_request',
    });
    expect(brookIdp.asked.slice(asked), 'nothing was sent to it').toEqual([]);
    const right = { providerId: await providerIdOf(acme), search };
    expect(
      await problemOf(finishSso(right, browser.client)),
      'and the attempt is over',
    ).toMatchObject({ code: 'bad_request' });
  });

  it('speaks only for itself where it names another one as the issuer', async () => {
    const browser = new Browser();
    const begun = await startSso({ email: 'ann@acme.test' }, { client: browser.client, next: '/' });
    browser.keep(begun.cookies);
    const search = `${acmeIdp.signIn(begun.url)}&iss=${encodeURIComponent(brookIdp.issuer)}`;
    const answer = { providerId: await providerIdOf(acme), search };
    expect(await problemOf(finishSso(answer, browser.client))).toMatchObject({
      code: 'unauthenticated',
    });
  });

  it('opens its own workspace alone to a member of two', async () => {
    const { id } = await addMember('two@acme.test', 'acme');
    await db.query(`insert into memberships (tenant_id, user_id, role) values ($1, $2, 'admin')`, [
      brook.tenant.id,
      id,
    ]);
    const says = { claims: { sub: 'two', email: 'two@acme.test' } };
    const browser = await signInBySso(acmeIdp, 'two@acme.test', says);
    const { user } = await browser.signedIn();
    expect(await findAccess(user, 'acme')).toBeDefined();
    expect(await findAccess(user, 'brook')).toBeUndefined();
    expect(await slugs(browser)).toEqual(['acme']);
    const byPassword = new Browser();
    await byPassword.signIn('two@acme.test');
    expect(await slugs(byPassword), 'the password opens both').toEqual(['acme', 'brook']);
  });

  it('opens a second workspace that trusts the same provider with the same domain', async () => {
    const sister = await createSsoWorkspace('sister', acmeIdp, { domain: 'acme.test' });
    const { id } = await addMember('both@acme.test', 'acme');
    await db.query(`insert into memberships (tenant_id, user_id, role) values ($1, $2, 'viewer')`, [
      sister.tenant.id,
      id,
    ]);
    const says = { claims: { sub: 'both', email: 'both@acme.test' } };
    expect(await slugs(await signInBySso(acmeIdp, 'both@acme.test', says))).toEqual([
      'acme',
      'sister',
    ]);
  });
});

describe('a domain', () => {
  it('that a workspace has not verified leads nobody to its provider', async () => {
    const staff = await createStaff('cedar');
    await db.query(
      `insert into sso_domains (tenant_id, domain, token) values ($1, 'cedar.test', 't')`,
      [staff.tenant.id],
    );
    const problem = await problemOf(
      startSso({ email: 'a@cedar.test' }, { client: new Browser().client, next: '/' }),
    );
    expect(problem.message).toContain('not set up for addresses at cedar.test');
  });

  it('belongs to one provider: another workspace cannot verify it for a different one', async () => {
    const problem = await problemOf(proveDomain(brook, 'acme.test'));
    expect(problem).toMatchObject({ code: 'conflict' });
    const { url } = await startSso(
      { email: 'ann@acme.test' },
      { client: new Browser().client, next: '/' },
    );
    expect(new URL(url).origin).toBe(acmeIdp.issuer);
  });
});
