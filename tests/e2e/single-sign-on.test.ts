import { afterAll, describe, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import { startDns, type DnsServer } from '../../sandbox/dns/index.ts';
import { findAccess } from '#lib/identity/auth/access.ts';
import { findUserByEmail } from '#lib/identity/auth/users.ts';
import { addDomain, listDomains } from '#lib/identity/sso/domains.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { password } from '../helpers/web.ts';
import { startOpenIdProvider, type OpenIdProvider } from './openid-provider.ts';
import { useStage } from './stage.ts';

let idp: OpenIdProvider;
let dns: DnsServer;
const staff = 'staff@tributary.test';
const settings = '/w/acme/settings/single-sign-on';

const stage = useStage({
  env: () => ({ DNS_SERVERS: dns.address }),
  prepare: async ({ user }) => {
    idp = await startOpenIdProvider();
    await createTenant({ slug: 'acme', name: 'Acme' });
    await createTenant({ slug: 'brook', name: 'Brook' });
    await user(staff, { staff: true });
    await user('ann@acme.test', { tenantSlug: 'acme', role: 'member' });
    await user('unverified@acme.test', { tenantSlug: 'acme' });
    await user('bea@brook.test', { tenantSlug: 'brook' });
    await publishRecord();
  },
});
afterAll(async () => {
  await dns?.close();
  await idp?.close();
});

/** The domain is on the list already, because the DNS of the test is filled before it starts. */
async function publishRecord(): Promise<void> {
  const person = await findUserByEmail(staff);
  const access = person && (await findAccess(person, 'acme'));
  if (access === undefined) throw new Error('Staff have no access');
  await addDomain(access, 'acme.test');
  const zone: Record<string, { txt: string[] }> = {};
  for (const { record } of await listDomains(access.tenant.id))
    zone[record.name] = { txt: [record.value] };
  dns = await startDns({ zones: [zone] });
}

const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();

async function continueWithSso(page: Page, email: string): Promise<void> {
  await page.goto('/sign-in');
  await page.getByLabel('E-mail').fill(email);
  await press(page, 'Continue with single sign-on');
}

async function logInAs(page: Page, account: string): Promise<void> {
  await page.getByRole('heading', { name: 'Acme accounts' }).waitFor();
  await page.getByLabel('Account').fill(account);
  await press(page, 'Log in');
}

describe('single sign-on', () => {
  it('is not offered before anybody has set it up', async () => {
    const { page } = await stage.visit();
    await page.goto('/sign-in');
    expect(await page.getByText('single sign-on').count()).toBe(0);
  });

  it('is set up by staff, step by step', async () => {
    const { page } = await stage.signedIn(staff);
    await page.goto('/w/acme/settings/members');
    await page.getByRole('link', { name: 'Single sign-on' }).click();
    await page.getByLabel('Issuer').fill(`${idp.issuer}/nowhere`);
    await page.getByLabel('Client ID').fill(idp.clientId);
    await page.getByLabel('Client secret').fill(idp.secret);
    await press(page, 'Save provider');
    await page.locator('.field-error').waitFor();
    await page.getByLabel('Issuer').fill(idp.issuer);
    await page.getByLabel('Client secret').fill(idp.secret);
    await press(page, 'Save provider');
    await page.getByText('The provider has been saved.').waitFor();
    idp.register(await page.locator('code', { hasText: '/sso/callback/' }).innerText());
    expect(await page.content()).not.toContain(idp.secret);
    await page.getByRole('button', { name: 'Check the record of acme.test' }).click();
    await page.getByText('The domain is verified.').waitFor();
    await press(page, 'Test');
    expect(await page.locator('#test .badge').allInnerTexts()).toEqual([
      'OK',
      'OK',
      'OK',
      'OK',
      'OK',
    ]);
    await press(page, 'Switch on');
    await page.getByText('Single sign-on is on.').waitFor();
  });

  it.each([
    ['with JavaScript', true],
    ['without', false],
  ])('leads a member to the dashboard and out again, %s', async (_how, javaScriptEnabled) => {
    const { page } = await stage.visit({ javaScriptEnabled });
    await continueWithSso(page, 'ann@acme.test');
    await page.getByRole('heading', { name: 'Acme accounts' }).waitFor();
    expect(await page.getByLabel('Account').inputValue(), 'the address came along').toBe(
      'ann@acme.test',
    );
    await logInAs(page, 'ann@acme.test');
    await page.getByRole('heading', { level: 1, name: 'Dashboard' }).waitFor();
    expect(new URL(page.url()).pathname).toBe('/w/acme/dashboard');
    await page.locator('.sidebar summary').click();
    await page.locator('.sidebar').getByRole('button', { name: 'Sign out' }).click();
    await page.getByText('You have been signed out.').waitFor();
  });

  it('is in the audit log', async () => {
    const rows = await stage.database.query<{ what: string }>(
      `select action || ' ' || coalesce(actor_label, '') as what from audit_events
       where tenant_id = (select id from tenants where slug = 'acme')
         and (action like 'sso.%' or action = 'sign_in.succeeded')`,
    );
    expect(rows.map(({ what }) => what)).toEqual(
      expect.arrayContaining([
        `sso.configured ${staff}`,
        `sso.domain_verified ${staff}`,
        `sso.enabled ${staff}`,
        'sign_in.succeeded ann@acme.test',
      ]),
    );
  });

  it.each([
    ['somebody of another workspace', 'bea@brook.test', 'may not sign in addresses at brook.test'],
    ['staff', staff, 'may not sign in addresses at tributary.test'],
    ['an address that is not verified', 'unverified@acme.test', 'does not say that your e-mail'],
    ['a stranger at the domain', 'stranger@acme.test', 'You are not a member of this workspace.'],
  ])('turns away %s', async (_who, account, words) => {
    const { page } = await stage.visit();
    await continueWithSso(page, 'ann@acme.test');
    await logInAs(page, account);
    await page.getByText(words).waitFor();
    await page.goto('/w/acme/dashboard');
    expect(new URL(page.url()).pathname).toBe('/sign-in');
  });

  it('can be demanded of members, while staff keep their password', async () => {
    const { page } = await stage.signedIn(staff);
    await page.goto(settings);
    await page.getByLabel('Require single sign-on').check();
    await press(page, 'Save rules');
    await page.getByText('The rules have been saved.').waitFor();
    const member = await stage.visit();
    await member.page.goto('/sign-in');
    await member.page.getByLabel('E-mail').fill('ann@acme.test');
    await member.page.getByLabel('Password', { exact: true }).fill(password);
    await press(member.page, 'Sign in');
    await member.page.getByRole('heading', { level: 1, name: 'Workspaces' }).waitFor();
    expect(await member.page.locator('.badge', { hasText: 'Single sign-on' }).count()).toBe(1);
    await member.page.locator('button[name=slug]').click();
    await member.page.getByText('Acme requires single sign-on').waitFor();
    await page.goto('/w/acme/dashboard');
    await page.getByRole('heading', { level: 1, name: 'Dashboard' }).waitFor();
  });
});
