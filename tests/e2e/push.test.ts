import { describe, expect, it } from 'vitest';
import { until } from '../helpers/processes.ts';
import { syncAndPull } from '../helpers/sync.ts';
import { admin, viewer, home, tenantId, crm, stage, idOf, openLead, panel } from './push-stage.ts';

const stateOf = async (leadId: string) =>
  (
    await stage.database.query<{ state: string; remoteId: string | null }>(
      'select state, remote_id as "remoteId" from pushes where lead_id = $1',
      [leadId],
    )
  )[0];
const readBack = () => syncAndPull({ tenantId, connectionId: crm });

describe('from the page of a lead', () => {
  it('a push goes from pending to synced by itself, once for a double click', async () => {
    const { page } = await stage.signedIn(admin);
    const id = await openLead(page, 'Ada Lovelace');
    await panel(page).getByText('Not pushed yet.').waitFor();
    await panel(page)
      .getByRole('button', { name: /^Push now/ })
      .dblclick();
    await page.getByText('The lead is being sent.').waitFor();
    await panel(page).getByText('Synced', { exact: true }).waitFor({ timeout: 30_000 });
    expect(
      await panel(page)
        .getByRole('link', { name: /^Open in/ })
        .getAttribute('href'),
    ).toContain((await stateOf(id))?.remoteId);
    expect((await stage.sandbox.dynamics365.truth('crm', 'lead'))['lead']).toHaveLength(1);
    await panel(page).getByText('History').click();
    await panel(page).getByText('Done', { exact: true }).first().waitFor();
    await page.getByRole('link', { name: /^All steps/ }).click();
    await page.getByText('Requested by Ann Admin').first().waitFor();
    await page.getByText('Request', { exact: true }).first().click();
    expect(await page.locator('#main').innerText()).not.toContain('lead0@company0.example');
  });

  it('over the list a push goes from pending to synced by itself, too', async () => {
    const { page } = await stage.signedIn(admin);
    await page.goto(`${home}/leads?lead=${await idOf('Edith Clarke')}`);
    const shown = page.locator('[data-row-dialog]');
    await shown.getByRole('button', { name: /^Push now/ }).click();
    await page.waitForURL(/done=push-queued/);
    await shown.getByText('Synced', { exact: true }).waitFor({ timeout: 30_000 });
    expect(await shown.getByText('Pending', { exact: true }).count()).toBe(0);
  });

  it('chosen rows of the list go from pending to synced by themselves', async () => {
    const { page } = await stage.signedIn(admin);
    await page.goto(`${home}/leads`);
    const row = page.locator('#rows tbody tr', { hasText: 'Mary Jackson' });
    await row.getByRole('checkbox').check();
    await page.getByRole('button', { name: /^Push to/ }).click();
    await page.waitForURL(/done=/);
    await row.getByText('Synced', { exact: true }).waitFor({ timeout: 30_000 });
  });

  it('a CRM that is down shows as a red badge and a failed job, and a retry gets through', async () => {
    const fault = stage.sandbox.faults.arm({
      kind: 'status',
      status: 503,
      endpoint: 'PATCH api/data/v9.2/leads(:key)',
    });
    const { page } = await stage.signedIn(admin, { javaScriptEnabled: false });
    const id = await openLead(page, 'Grace Hopper');
    await panel(page)
      .getByRole('button', { name: /^Push now/ })
      .click();
    await until('the push has failed', async () => (await stateOf(id))?.state === 'failed', 40_000);
    await page.reload();
    await panel(page).locator('.badge-bad', { hasText: 'Failed' }).waitFor();
    expect(await panel(page).innerText()).toMatch(
      /Gave up after 3 attempts[\s\S]*Retry once it is back\./,
    );
    await page.goto(`${home}/dead-letters`);
    expect(await page.locator('#jobs li').count()).toBe(1);
    stage.sandbox.faults.disarm(fault);
    await page.goto(`${home}/pushes?state=failed`);
    await page.getByRole('button', { name: 'Retry 1 failed' }).click();
    await page.getByText('Retrying 1 failed push.').waitFor();
    await until(
      'the push has gone through',
      async () => (await stateOf(id))?.state === 'synced',
      40_000,
    );
    await page.goto(`${home}/dead-letters`);
    expect(await page.locator('#jobs li').count()).toBe(0);
  });
});

describe('conflicts', () => {
  it('are decided side by side, by keyboard', async () => {
    const id = await idOf('Ada Lovelace');
    const remoteId = (await stateOf(id))?.remoteId ?? '';
    await readBack();
    stage.sandbox.dynamics365.mutate('crm', {
      changes: [
        {
          op: 'update',
          kind: 'lead',
          id: remoteId,
          row: { companyname: 'Theirs Inc', telephone1: '+1 555 0999' },
        },
      ],
    });
    await stage.database.query(
      `update leads set company = 'Ours Ltd', phone = '+1 555 0111' where id = $1`,
      [id],
    );
    await readBack();
    const { page } = await stage.signedIn(admin);
    await page.goto(`${home}/conflicts`);
    await page.getByRole('button', { name: /^Use theirs, Theirs Inc/ }).focus();
    await page.keyboard.press('Enter');
    await page.getByText('Their value was accepted.').waitFor();
    await page.getByRole('button', { name: /^Use ours, \+1 555 0111/ }).press('Space');
    await page.getByText('Nothing to decide').waitFor();
    await until(
      'ours is written there',
      () =>
        stage.sandbox.dynamics365
          .truth('crm', 'lead')
          ['lead']?.some((row) => Reflect.get(row, 'telephone1') === '+1 555 0111') === true,
      30_000,
    );
    expect(
      await stage.database.query('select company, phone from leads where id = $1', [id]),
    ).toEqual([{ company: 'Theirs Inc', phone: '+1 555 0111' }]);
    expect(await page.locator('#decided').innerText()).toContain('Ann Admin');
  });

  it('are shown to viewers without the choice', async () => {
    const { page } = await stage.signedIn(viewer);
    await page.goto(`${home}/conflicts`);
    expect(await page.getByRole('button', { name: /^Take/ }).count()).toBe(0);
    await page.goto(`${home}/pushes`);
    expect(await page.getByRole('button', { name: /^Retry/ }).count()).toBe(0);
  });
});
