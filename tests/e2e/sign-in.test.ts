import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { rowsAccount } from '../../sandbox/index.ts';
import { linkIn, useMailbox } from '../identity/auth/mailbox.ts';
import { totp } from '../identity/auth/people.ts';
import { client } from '../helpers/rows.ts';
import { password } from '../helpers/web.ts';
import { useStage } from './stage.ts';

const account = (name: string, leads: number) =>
  rowsAccount({
    name,
    webKey: `CT_${name}`,
    accessToken: `token-of-${name}`,
    rows: { clients: Array.from({ length: leads }, (_, index) => client(index + 1)) },
  });

const mailbox = useMailbox();
const stage = useStage({
  accounts: [account('summit', 3), account('harbor', 5)],
  env: () => ({ SMTP_URL: process.env['SMTP_URL'] ?? '' }),
  prepare: async ({ workspace, user }) => {
    for (const slug of ['summit', 'harbor']) await workspace(slug);
    for (const name of ['admin', 'two', 'lost'])
      await user(`${name}@summit.test`, { tenantSlug: 'summit', role: 'admin' });
    await user('staff@tributary.test', { staff: true });
  },
});

async function fillSignIn(page: Page, email: string, secret = password): Promise<void> {
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(secret);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

const heading = (page: Page, name: string) =>
  page.getByRole('heading', { level: 1, name, exact: true });
const leads = (page: Page) =>
  page.locator('.kpi', { hasText: 'Total Leads' }).locator('.kpi-value').innerText();

describe('signing in', () => {
  it('refuses a wrong password, then leads to the page that was asked for', async () => {
    const { page } = await stage.visit();
    await page.goto('/w/summit/leads?status=New+Lead');
    expect(new URL(page.url()).pathname).toBe('/sign-in');
    await fillSignIn(page, 'admin@summit.test', 'not the password');
    await page
      .getByRole('alert')
      .getByText('The e-mail address or the password is wrong.')
      .waitFor();
    expect(await page.getByLabel('E-mail').inputValue()).toBe('admin@summit.test');
    expect(
      await page
        .getByLabel('Password', { exact: true })
        .evaluate((field) => field === document.activeElement),
      'starts in the password',
    ).toBe(true);
    await fillSignIn(page, 'admin@summit.test');
    await heading(page, 'Leads').waitFor();
    expect(page.url()).toBe(`${stage.web.url}/w/summit/leads?status=New+Lead`);
  });

  it('asks for fields of the right kind', async () => {
    const { page } = await stage.visit();
    await page.goto('/sign-in');
    expect(await page.getByLabel('E-mail').getAttribute('type')).toBe('email');
    expect(await page.getByLabel('Password', { exact: true }).getAttribute('type')).toBe(
      'password',
    );
    await page.getByLabel('E-mail').fill('no address');
    await page.getByRole('button', { name: 'Sign in' }).click();
    expect(
      await page
        .getByLabel('E-mail')
        .evaluate((field: HTMLInputElement) => field.validity.typeMismatch),
    ).toBe(true);
  });

  it('works without JavaScript', async () => {
    const { page } = await stage.visit({ javaScriptEnabled: false });
    await page.goto('/sign-in?next=%2Fw%2Fsummit%2Fleads');
    await fillSignIn(page, 'admin@summit.test');
    await heading(page, 'Leads').waitFor();
    expect(await leads(page)).toBe('3');
  });

  it('ends with sign-out, for every copy of the session', async () => {
    const first = await stage.visit();
    await first.page.goto('/sign-in');
    await fillSignIn(first.page, 'admin@summit.test');
    await heading(first.page, 'Dashboard').waitFor();
    const copy = await stage.visit();
    await copy.context.addCookies(await first.context.cookies());
    await copy.page.goto('/w/summit/dashboard');
    await heading(copy.page, 'Dashboard').waitFor();
    await first.page.locator('.sidebar summary').click();
    await first.page.locator('.sidebar').getByRole('button', { name: 'Sign out' }).click();
    await first.page.getByText('You have been signed out.').waitFor();
    await copy.page.reload();
    await heading(copy.page, 'Sign in').waitFor();
    await first.page.goBack();
    await heading(first.page, 'Sign in').waitFor();
  });

  it('takes a second step once it is set up', async () => {
    const { page } = await stage.signedIn('two@summit.test');
    await page.goto('/account');
    await page.getByRole('link', { name: 'Set up' }).click();
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Set up' }).click();
    const key = (await page.locator('code[translate=no]').innerText()).replaceAll(' ', '');
    await page.getByLabel('Code from the app').fill('000000');
    await page.getByRole('button', { name: 'Turn on' }).click();
    await page.locator('.field-error').waitFor();
    await page.getByLabel('Code from the app').fill(totp(key));
    await page.getByRole('button', { name: 'Turn on' }).click();
    await page.getByText('Save these backup codes').waitFor();
    const backup = await page.locator('li code').first().innerText();

    const { page: next } = await stage.visit();
    await next.goto('/sign-in?next=%2Fw%2Fsummit%2Fleads');
    await fillSignIn(next, 'two@summit.test');
    await heading(next, 'Second step').waitFor();
    await next.goto('/w/summit/leads');
    await heading(next, 'Sign in').waitFor();
    await fillSignIn(next, 'two@summit.test');
    // The code that turned it on is used up; the app's next one is accepted half a minute early.
    await next.getByLabel('Code', { exact: true }).fill(totp(key, Date.now() + 30_000));
    await next.getByRole('button', { name: 'Continue' }).click();
    await heading(next, 'Leads').waitFor();

    const { page: third } = await stage.visit();
    await third.goto('/sign-in');
    await fillSignIn(third, 'two@summit.test');
    await third.getByRole('link', { name: 'Use a backup code' }).click();
    await third.getByLabel('Backup code').fill(backup);
    await third.getByRole('button', { name: 'Continue' }).click();
    await heading(third, 'Dashboard').waitFor();
  });
});

describe('links by mail', () => {
  it('let somebody who was invited join with a new account', async () => {
    const { page } = await stage.signedIn('admin@summit.test');
    await page.goto('/w/summit/settings/members');
    await page.getByLabel('E-mail').fill('new@summit.test');
    await page.getByLabel('Role', { exact: true }).selectOption('member');
    await page.getByRole('button', { name: 'Send invitation' }).click();
    await page.getByText('The invitation has been sent.').waitFor();
    const { page: theirs } = await stage.visit();
    await theirs.goto(linkIn(await mailbox.newest('new@summit.test', /^Join/)));
    await theirs.getByText('You have been invited as member').waitFor();
    await theirs.getByLabel('Your name').fill('Nina New');
    await theirs.getByLabel('Choose a password').fill('a secret of my own');
    await theirs.getByRole('button', { name: 'Create the account and join' }).click();
    await heading(theirs, 'Dashboard').waitFor();
    expect(new URL(theirs.url()).pathname).toBe('/w/summit/dashboard');
    expect(
      await theirs.getByRole('button', { name: 'Sync now' }).isVisible(),
      'a member may sync',
    ).toBe(true);
    await page.reload();
    await page.getByText('Nina New').first().waitFor();
  });

  it('set a new password', async () => {
    const { page } = await stage.visit();
    await page.goto('/sign-in');
    await page.getByRole('link', { name: 'Forgot your password?' }).click();
    await page.getByLabel('E-mail').fill('lost@summit.test');
    await page.getByRole('button', { name: 'Send the link' }).click();
    await heading(page, 'Check your e-mail').waitFor();
    await page.goto(linkIn(await mailbox.newest('lost@summit.test', /new password/)));
    await page.getByLabel('New password').fill('another good secret');
    await page.getByRole('button', { name: 'Set the password' }).click();
    await page.getByText('Your new password has been set.').waitFor();
    await fillSignIn(page, 'lost@summit.test');
    await page.getByText('The e-mail address or the password is wrong.').waitFor();
    await fillSignIn(page, 'lost@summit.test', 'another good secret');
    await heading(page, 'Dashboard').waitFor();
  });
});

describe('workspaces', () => {
  it('stay apart in two tabs of one session', async () => {
    const watched = await stage.signedIn('staff@tributary.test');
    const { page: one } = watched;
    await one.goto('/workspaces');
    expect(
      await one
        .locator('button[name=slug]')
        .evaluateAll((buttons) => buttons.map((button) => (button as HTMLButtonElement).value)),
    ).toEqual(['harbor', 'summit']);
    await one.getByRole('button', { name: 'Workspace summit' }).click();
    await one.locator('.sidebar').getByRole('link', { name: 'Leads' }).click();
    expect(await leads(one)).toBe('3');
    const other = await stage.tab(watched);
    await other.goto('/workspaces');
    await other.getByRole('button', { name: 'Workspace harbor' }).click();
    await other.locator('.sidebar').getByRole('link', { name: 'Leads' }).click();
    expect(await leads(other)).toBe('5');
    await one.reload();
    expect([new URL(one.url()).pathname, await leads(one)]).toEqual(['/w/summit/leads', '3']);
    await one.locator('.sidebar').getByRole('link', { name: 'Pipeline' }).click();
    await heading(one, 'Pipeline').waitFor();
    expect(new URL(one.url()).pathname).toBe('/w/summit/pipeline');
    await other.goto('/leads?search=lead2');
    expect(other.url(), 'a short path means the workspace that was chosen last').toBe(
      `${stage.web.url}/w/harbor/leads?search=lead2`,
    );
  });

  it('are chosen first where none is active, and a client sees only its own', async () => {
    const staff = await stage.signedIn('staff@tributary.test');
    await staff.page.goto('/pipeline');
    expect(new URL(staff.page.url()).pathname).toBe('/workspaces');
    const { page } = await stage.signedIn('admin@summit.test');
    await page.goto('/workspaces');
    expect(await page.locator('button[name=slug]').count()).toBe(1);
    await page.goto('/w/harbor/leads');
    await heading(page, 'Page not found').waitFor();
  });
});
