import AxeBuilder from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { rowsAccount } from '../../sandbox/index.ts';
import { createConnection } from '../../src/lib/connections/connections.ts';
import { setFeature } from '#lib/identity/features.ts';
import { expectNothingSticksOut } from '../helpers/browser.ts';
import { client } from '../helpers/rows.ts';
import { listed, params, rows, until } from './read.ts';
import { useStage } from './stage.ts';

const clients = Array.from({ length: 60 }, (_, index) =>
  client(index + 1, {
    lastName: `N${String(index).padStart(2, '0')}`,
    email: `lead${index}@acme${index % 5}.com`,
    created: `2026-0${1 + (index % 9)}-10 10:00:00`,
  }),
);
const item = (key: string, label: string, points: number, most: number | null) => ({
  key,
  label,
  points,
  most,
  verdict: 'weak',
  evidence: `What ${label} says.`,
  checkedAt: '2026-11-21T09:05:00Z',
});
const breakdown = {
  model: 0,
  scoredAt: '2026-11-21T09:05:00Z',
  score: 72,
  segment: 'Migration',
  segmentReason: 'Not at Microsoft.',
  priority: 1,
  tenantSize: 'small',
  tenantSizeReason: 'Few.',
  mailProvider: 'google_workspace',
  mailProviderReason: 'By MX.',
  signals: [
    item('mx', 'Mail servers (MX)', 40, 40),
    item('dmarc', 'DMARC', 10, 25),
    item('dkim', 'DKIM', 5, 10),
    item('spf', 'SPF', 25, 25),
  ],
  risks: [item('risk.no_dmarc', 'No DMARC', -8, null)],
};

/**
 * A workspace that scores and pushes: every third lead is to be migrated, every tenth push failed.
 */
const stage = useStage({
  accounts: [
    rowsAccount({
      name: 'table',
      webKey: 'CT_table',
      accessToken: 'token-of-table',
      rows: { clients },
    }),
  ],
  prepare: async ({ workspace, user, database }) => {
    const { tenant } = await workspace('table');
    for (const feature of ['lead-engine', 'crm-push'] as const)
      await setFeature(tenant.id, feature, true, null);
    await createConnection({
      tenantId: tenant.id,
      provider: 'dynamics-365',
      settings: {
        baseUrl: 'http://127.0.0.1:9/',
        loginUrl: 'http://127.0.0.1:9/',
        tenantId: 'none',
        clientId: 'none',
      },
      secrets: { clientSecret: 'none' },
    });
    await database.query(
      `update leads
       set score = external_id::int, sort_score = external_id::int,
         segment = case when external_id::int % 3 = 0 then 'Migration' else 'Cold' end,
         push_state = case when external_id::int % 10 = 0 then 'failed' end,
         referral_type = 'co-sell', mail_provider = 'google_workspace'
       where tenant_id = $1`,
      [tenant.id],
    );
    await database.query(
      `insert into company_domains (tenant_id, domain, score, segment, breakdown)
       select distinct tenant_id, domain, 72, 'Migration', $2::jsonb
       from leads
       where tenant_id = $1
       on conflict (tenant_id, domain) do update set breakdown = excluded.breakdown`,
      [tenant.id, JSON.stringify(breakdown)],
    );
    await user('member@table.test', { tenantSlug: 'table', role: 'member' });
    await user('viewer@table.test', { tenantSlug: 'table' });
  },
});

async function open(path = '', email = 'member@table.test'): Promise<Page> {
  const { page } = await stage.signedIn(email);
  await page.goto(`/w/table/leads${path}`);
  return page;
}
const dialog = (page: Page) => page.locator('[data-row-dialog]');
const isOpen = (page: Page) =>
  dialog(page).evaluate((element) => (element as HTMLDialogElement).open);
const untilClosed = (page: Page) =>
  page.waitForFunction(
    () => document.querySelector<HTMLDialogElement>('[data-row-dialog]')?.open === false,
  );
const focused = (page: Page) =>
  page.evaluate(() => (document.activeElement as HTMLElement | null)?.textContent ?? '');

describe('a lead over the list', () => {
  it('explains its score, signals first, and closes by Escape, Back, button or click', async () => {
    const page = await open('?segment=Migration&sort=name&direction=asc');
    const name = page.locator('a[data-row]').nth(1);
    const text = (await name.innerText()).trim();
    await name.click();
    await page.locator('[data-lead-panel]').waitFor();
    expect(await page.locator('[data-group=signals] strong').allInnerTexts()).toEqual([
      'SPF',
      'DKIM',
      'DMARC',
      'Mail servers (MX)',
    ]);
    expect(await page.locator('[data-group=risks] strong').allInnerTexts()).toEqual(['No DMARC']);
    expect(await page.locator('[data-row-title]').innerText()).toBe(text);
    expect(params(page)['lead']).toBe(await name.getAttribute('data-row'));
    expect(
      (
        await new AxeBuilder({ page }).setLegacyMode(true).include('[data-row-dialog]').analyze()
      ).violations.map(({ id }) => id),
    ).toEqual([]);
    await page.locator('[data-row-body] h3').first().click();
    expect(await isOpen(page)).toBe(true);
    await page.keyboard.press('Escape');
    await untilClosed(page);
    expect([await focused(page), params(page)]).toEqual([
      text,
      { segment: 'Migration', sort: 'name', direction: 'asc' },
    ]);
    await page.keyboard.press('Enter');
    await page.locator('[data-lead-panel]').waitFor();
    await page.goBack();
    await untilClosed(page);
    expect(params(page)).toEqual({ segment: 'Migration', sort: 'name', direction: 'asc' });
    await name.click();
    await page.mouse.click(4, 450);
    await untilClosed(page);
    await name.click();
    await page.getByRole('button', { name: 'Close', exact: true }).click();
    await untilClosed(page);
    expect(await focused(page)).toBe(text);
  });

  it('opens by its address, scrolls inside, and offers another try on failure', async () => {
    const page = await open();
    const id = await page.locator('a[data-row]').first().getAttribute('data-row');
    await page.goto(`/w/table/leads?lead=${id}`);
    await page.locator('[data-lead-panel]').waitFor();
    const box = await dialog(page).boundingBox();
    expect(box?.height ?? 0).toBeLessThanOrEqual(900 * 0.8 + 1);
    expect(
      await page
        .locator('[data-row-body]')
        .evaluate((element) => element.scrollHeight > element.clientHeight),
    ).toBe(true);
    await page.keyboard.press('Escape');
    await untilClosed(page);
    expect(params(page)).toEqual({});
    await page.route('**/panel*', (route) => route.abort());
    await page.locator('a[data-row]').first().click();
    await page.getByText('The lead could not be loaded').waitFor();
    await page.unroute('**/panel*');
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.locator('[data-lead-panel]').waitFor();
  });

  it('is a page of its own without script', async () => {
    const { page } = await stage.signedIn('viewer@table.test', { javaScriptEnabled: false });
    await page.goto('/w/table/leads?segment=Migration');
    await page.locator('a[data-row]').first().click();
    await page.locator('[data-breakdown]').waitFor();
    await page.getByRole('link', { name: 'All leads' }).click();
    await page.waitForURL(/segment=Migration/);
    expect(await page.locator('[data-bulk]').count()).toBe(0);
  });
});

describe('the filter', () => {
  it('of a workspace comes back when the page opens without one, until cleared', async () => {
    const page = await open();
    await page.getByLabel('Segment', { exact: true }).selectOption('Migration');
    await page.getByLabel('Lowest score').fill('30');
    await page.getByRole('button', { name: 'Apply' }).click();
    await until(page, 'segment', 'Migration');
    expect([params(page), await listed(page)]).toEqual([
      { segment: 'Migration', scoreMin: '30' },
      '11',
    ]);
    await page.locator('.sidebar').getByRole('link', { name: 'Dashboard' }).click();
    await page.locator('.sidebar').getByRole('link', { name: 'Leads' }).click();
    await until(page, 'segment', 'Migration');
    expect(await page.locator('[data-chips] .chip').allInnerTexts()).toEqual(
      ['Segment: Migrationremove filter', 'Score from: 30remove filter'].map((text) =>
        expect.stringContaining(text.split('remove')[0] ?? ''),
      ),
    );
    await page.goto('/w/table/leads?push=failed');
    expect([params(page), await listed(page)]).toEqual([{ push: 'failed' }, '6']);
    await page.locator('[data-chips] .chip').click();
    await until(page, 'push', null);
    expect(await listed(page)).toBe('60');
    await page.goto('/w/table/leads?segment=Cold');
    await page.getByRole('link', { name: 'Clear all' }).click();
    await until(page, 'segment', null);
    await page.goto('/w/table/leads');
    expect([params(page), await listed(page)]).toEqual([{}, '60']);
  });

  it('says that the next list is on its way, and exports its rows with progress', async () => {
    const page = await open('?segment=Migration');
    await page.route('**/leads?*sort=score*', async (route) => {
      await new Promise((resolve) => setTimeout(resolve, 300));
      await route.continue();
    });
    const meanwhile = await page.evaluate(
      () =>
        new Promise((resolve) => {
          document.querySelector<HTMLElement>('[data-column=score] a')?.click();
          setTimeout(
            () =>
              resolve([
                document.querySelector('#rows table')?.ariaBusy,
                document.querySelector<HTMLFieldSetElement>('[data-filters] fieldset')?.disabled,
              ]),
            60,
          );
        }),
    );
    expect(meanwhile).toEqual(['true', true]);
    await until(page, 'sort', 'score');
    expect((await rows(page)).map((cells) => cells[3]?.replaceAll(/\s+/g, ' '))[0]).toBe(
      '60 Migration',
    );
    await page.locator('.menu summary', { hasText: 'Export' }).click();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'CSV' }).click(),
    ]);
    expect(download.suggestedFilename()).toMatch(/^Workspace table Leads .*\.csv$/);
    await page.locator('.toast', { hasText: 'in your downloads' }).waitFor();
  });

  it('is kept as a view, opened, renamed and deleted', async () => {
    const page = await open('?segment=Migration&sort=score');
    const views = page.locator('.lead-views > summary');
    await views.click();
    await page.getByRole('button', { name: 'Save this view' }).click();
    await page.getByLabel('Name', { exact: true }).fill('Hot ones');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.locator('.banner', { hasText: 'The view is saved' }).waitFor();
    await page.goto('/w/table/leads?filters=none');
    await views.click();
    await page.getByRole('link', { name: 'Hot ones' }).click();
    await until(page, 'sort', 'score');
    await views.click();
    await page.getByRole('button', { name: 'Rename or delete' }).click();
    await expectNothingSticksOut(page);
    await page.getByRole('textbox', { name: 'Name of Hot ones' }).fill('Warm ones');
    await page.getByRole('button', { name: 'Rename', exact: true }).click();
    await page.locator('.banner', { hasText: 'The view has its new name' }).waitFor();
    await page.locator('.lead-views > summary', { hasText: 'Warm ones' }).click();
    await page.getByRole('button', { name: 'Rename or delete' }).click();
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    await page.locator('.banner', { hasText: 'The view is deleted' }).waitFor();
    expect(params(page)).toMatchObject({ segment: 'Migration', sort: 'score' });
  });
});

describe('the table', () => {
  it.each([1440, 390])(
    'is accessible and within its page at %i px, in light and in dark',
    async (width) => {
      const { page } = await stage.signedIn('member@table.test', {
        viewport: { width, height: 900 },
      });
      await page.goto('/w/table/leads?segment=Migration&sort=score');
      await expectNothingSticksOut(page);
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        const { violations } = await new AxeBuilder({ page })
          .setLegacyMode(true)
          .include('.lead-table')
          .analyze();
        expect(
          violations.map(({ id, nodes }) => [id, nodes[0]?.html]),
          colorScheme,
        ).toEqual([]);
      }
      expect(
        await page
          .locator('#rows tbody tr')
          .first()
          .evaluate((row) => row.getBoundingClientRect().height),
      ).toBeLessThanOrEqual(37);
    },
  );
});

describe('chosen rows', () => {
  it('are counted, pushed together, and told of', async () => {
    const page = await open('?filters=none');
    const boxes = page.locator('[data-pick]');
    expect(await page.locator('[data-bulk-selected]').isDisabled()).toBe(true);
    await boxes.nth(0).check();
    await boxes.nth(2).click({ modifiers: ['Shift'] });
    expect(await page.locator('[data-bulk-count]').innerText()).toBe('3 leads chosen');
    await page.locator('[data-pick-all]').check();
    expect(await page.locator('[data-bulk-count]').innerText()).toBe('50 leads chosen');
    await page.getByRole('button', { name: 'Clear selection' }).click();
    await page.locator('[data-bulk-count]', { hasText: 'Choose leads to push' }).waitFor();
    for (const index of [0, 1]) await boxes.nth(index).check();
    await page.locator('[data-bulk-selected]').click();
    await page.locator('.banner', { hasText: 'Push: 2 queued to be sent.' }).waitFor();
    expect((await rows(page)).slice(0, 2).map((cells) => cells[7])).toEqual(['Pending', 'Pending']);
    const [pushed] = await stage.database.query<{ count: number }>(
      'select count(*)::int from pushes',
    );
    expect(pushed?.count).toBe(2);
  });
});
