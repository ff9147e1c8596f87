import { describe, expect, it } from 'vitest';
import { demoPartners } from '../../sandbox/index.ts';
import { createConnection } from '../../src/lib/connections/connections.ts';
import { syncConnection } from '#lib/ingest/sync-connection.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { useStage } from './stage.ts';

const stage = useStage({
  accounts: [],
  orgs: [],
  prepare: async ({ sandbox, user }) => {
    const [
      { clientId, clientSecret, refreshToken } = {
        clientId: '',
        clientSecret: '',
        refreshToken: '',
      },
    ] = demoPartners();
    const { baseUrl, loginUrl } = sandbox.partnerCenter;
    const { id: tenantId } = await createTenant({ slug: 'north', name: 'North' });
    const { id: connectionId } = await createConnection({
      tenantId,
      provider: 'partner-center',
      settings: { baseUrl, loginUrl, clientId },
      secrets: { clientSecret, refreshToken },
    });
    await syncConnection({ tenantId, connectionId, trigger: 'cli' });
    await user('member@north.test', { tenantSlug: 'north', role: 'member' });
  },
});

const list = '/w/north/referrals?status=New';

describe('a referral over the list', () => {
  it('is in the address: Back, Escape and a click close it, a reload shows it', async () => {
    const { page } = await stage.signedIn('member@north.test');
    await page.goto(list);
    const dialog = page.getByRole('dialog');
    const name = page.locator('tbody a[data-row]').first();
    const id = (await name.getAttribute('data-row')) ?? '';
    await name.click();
    await dialog.getByText('Engagement id').waitFor();
    expect(new URL(page.url()).searchParams.get('referral')).toBe(id);
    await page.reload();
    await dialog.getByText('Engagement id').waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    expect(new URL(page.url()).search).toBe('?status=New');
    await name.click();
    await dialog.waitFor();
    await page.goBack();
    await dialog.waitFor({ state: 'hidden' });
    expect(await name.evaluate((element) => element === document.activeElement)).toBe(true);
    await name.click();
    await dialog.waitFor();
    await page.mouse.click(5, 5);
    await dialog.waitFor({ state: 'hidden' });
  });

  it('is changed at its source from there; a wait is told, and a newer change replaces it', async () => {
    const { page } = await stage.signedIn('member@north.test');
    await page.goto(list);
    await page.locator('tbody a[data-row]').first().click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Change it to').selectOption({ label: 'In progress' });
    stage.sandbox.faults.arm({
      kind: 'rate_limited',
      retryAfter: '120',
      endpoint: 'PATCH v1.0/engagements/referrals/:id',
      next: 1,
    });
    await dialog.getByRole('button', { name: 'Change' }).click();
    await page.getByText('Partner Center cannot take the change right now.').first().waitFor();
    await page
      .getByText(/waiting, next attempt at/)
      .first()
      .waitFor();
    await stage.database.query('delete from rate_budgets');
    await page.getByLabel('Change it to').selectOption({ label: 'In progress' });
    await page.getByRole('button', { name: 'Change' }).click();
    await page.getByText('Partner Center has accepted the change.').waitFor();
    expect(await page.getByText('Status: In progress. Change it to').isVisible()).toBe(true);
    expect(await stage.database.query('select outcome from write_backs order by id')).toEqual([
      { outcome: 'withdrawn' },
      { outcome: 'done' },
    ]);
  });
});
