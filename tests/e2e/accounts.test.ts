import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { rowsAccount } from '../../sandbox/index.ts';
import { client } from '../helpers/rows.ts';
import { password } from '../helpers/web.ts';
import { totp } from '../identity/auth/people.ts';
import { useStage } from './stage.ts';

const stage = useStage({
  accounts: [
    rowsAccount({
      name: 'summit',
      webKey: 'CT_summit',
      accessToken: 'token-of-summit',
      rows: { clients: [client(1), client(2)] },
    }),
  ],
  env: () => ({ REQUIRE_STAFF_TWO_FACTOR: '1' }),
  prepare: async ({ workspace, user }) => {
    await workspace('summit');
    await user('admin@summit.test', { tenantSlug: 'summit', role: 'admin', name: 'Ann Admin' });
    await user('viewer@summit.test', { tenantSlug: 'summit', name: 'Vic Viewer' });
    await user('lost@summit.test', { tenantSlug: 'summit', name: 'Lou Lost' });
    await user('staff@tributary.test', { staff: true, name: 'Sam Staff' });
  },
});

const heading = (page: Page, name: string) =>
  page.getByRole('heading', { level: 1, name, exact: true });

/** From the form that asks for the password to the page that was asked for. */
async function setUp(page: Page): Promise<void> {
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Set up' }).click();
  const key = (await page.locator('code[translate=no]').innerText()).replaceAll(' ', '');
  await page.getByLabel('Code from the app').fill(totp(key));
  await page.getByRole('button', { name: 'Turn on' }).click();
  await page.getByText('Save these backup codes').waitFor();
  await page.getByRole('link', { name: 'I have saved them' }).click();
}

describe('two-step sign-in that a workspace demands', () => {
  it('is switched on by an admin who has it, and leads everybody else through the setup', async () => {
    const { page: admin } = await stage.signedIn('admin@summit.test');
    await admin.goto('/w/summit/settings/members');
    await admin.getByRole('link', { name: 'Set it up for your own account' }).click();
    await heading(admin, 'Two-step sign-in').waitFor();
    await setUp(admin);
    await heading(admin, 'Members').waitFor();
    await admin.getByRole('button', { name: 'Demand it', exact: true }).click();
    await admin.getByText('From now on only people with two-step sign-in').waitFor();
    await admin.getByText('Without it at the moment: 2 members.').waitFor();

    const { page: viewer } = await stage.signedIn('viewer@summit.test', {
      javaScriptEnabled: false,
    });
    await viewer.goto('/w/summit/leads?status=New+Lead');
    await heading(viewer, 'Two-step sign-in').waitFor();
    await viewer.getByText('Your account needs two-step sign-in').waitFor();
    await setUp(viewer);
    await heading(viewer, 'Leads').waitFor();
    expect(viewer.url()).toBe(`${stage.web.url}/w/summit/leads?status=New+Lead`);
    await viewer.goto('/account/two-factor');
    await viewer.getByText('It cannot be turned off: Workspace summit demands it').waitFor();
    expect(await viewer.getByRole('button', { name: 'Turn off' }).count()).toBe(0);
  });
});

describe('the people page', () => {
  it('lets staff find, disable, enable and delete an account, with their password', async () => {
    const { page } = await stage.signedIn('staff@tributary.test', { javaScriptEnabled: false });
    await page.goto('/workspaces');
    await heading(page, 'Two-step sign-in').waitFor();
    await setUp(page);
    await page.getByRole('link', { name: 'People' }).click();
    await heading(page, 'People').waitFor();
    expect(await page.locator('.rows > li').count()).toBe(4);
    await page.getByLabel('Search people').fill('lost@');
    await page.getByRole('button', { name: 'Search' }).click();
    expect(await page.locator('.rows > li').count()).toBe(1);
    await page.getByRole('link', { name: 'Lou Lost' }).click();
    await heading(page, 'Lou Lost').waitFor();

    const { page: theirs } = await stage.signedIn('lost@summit.test');
    await theirs.goto('/account');
    await heading(theirs, 'Account').waitFor();
    const confirm = async (action: string, secret = password): Promise<void> => {
      await page.getByRole('button', { name: action, exact: true }).click();
      const dialog = page.getByRole('dialog', { name: `${action}: Lou Lost` });
      await dialog.getByLabel('Your password').fill(secret);
      await dialog.getByRole('button', { name: action, exact: true }).click();
    };
    await confirm('Disable', 'not my password');
    await page.getByText('This is not your current password.').waitFor();
    await confirm('Disable');
    await page.getByText('The account has been disabled.').waitFor();
    await theirs.reload();
    await heading(theirs, 'Sign in').waitFor();
    await theirs.getByLabel('E-mail').fill('lost@summit.test');
    await theirs.getByLabel('Password', { exact: true }).fill(password);
    await theirs.getByRole('button', { name: 'Sign in' }).click();
    await theirs.getByText('The e-mail address or the password is wrong.').waitFor();

    await confirm('Enable');
    await page.getByText('The account has been enabled again.').waitFor();
    await theirs.getByLabel('Password', { exact: true }).fill(password);
    await theirs.getByRole('button', { name: 'Sign in' }).click();
    await heading(theirs, 'Account').waitFor();
    await confirm('Delete');
    await page.getByText('The account has been deleted.').waitFor();
    await theirs.reload();
    await heading(theirs, 'Sign in').waitFor();

    await page.goto('/people?search=staff@');
    await page.getByRole('link', { name: 'Sam Staff' }).click();
    await page.getByText('This is your own account.').waitFor();
    expect(await page.getByRole('button', { name: 'Delete' }).count()).toBe(0);
  });
});
