import AxeBuilder from '@axe-core/playwright';
import { describe, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import { rowsAccount } from '../../sandbox/index.ts';
import { recordFailedJob } from '#lib/jobs/failed/store.ts';
import { syncConnection } from '#lib/ingest/sync-connection.ts';
import { withTenant } from '#lib/identity/tenancy/with-tenant.ts';
import { expectNothingSticksOut } from '../helpers/browser.ts';
import { mend } from '../helpers/rejections.ts';
import { client } from '../helpers/rows.ts';
import { useStage } from './stage.ts';

/**
 * Failed records and jobs, as people see and handle them. With SCREENSHOTS=1 it also takes
 * pictures, into .screenshots/.
 */
const pictures = process.env['SCREENSHOTS'] !== undefined;
const admin = 'admin@birch.test';
const home = '/w/birch/dead-letters';

const stage = useStage({
  accounts: [
    rowsAccount({
      name: 'birch',
      webKey: 'CT_birch',
      accessToken: 'token-of-birch',
      rows: { clients: Array.from({ length: 12 }, (_, index) => client(1 + index)) },
    }),
  ],
  prepare: async ({ workspace, user, database, sandbox }) => {
    const { tenant, connection } = await workspace('birch', {
      name: 'Birch Homes',
      timeZone: 'America/Denver',
    });
    const poison = (name: string, count: number) =>
      sandbox.clienttether.poison('birch', { kind: 'clients', poison: name, count });
    for (const [name, count] of [
      ['nul', 30],
      ['missing_id', 1],
    ] as const)
      poison(name, count);
    await syncConnection({ tenantId: tenant.id, connectionId: connection.id, trigger: 'cli' });
    const payload = {
      tenantId: tenant.id,
      connectionId: connection.id,
      trigger: 'manual',
      requestedBy: null,
    };
    const lost = {
      tenantId: tenant.id,
      job: 'sync-connection',
      connectionId: connection.id,
      payload,
      kind: 'worker_lost',
      attempts: 3,
      reason: 'The worker that ran this sync stopped 3 times in the middle of it.',
    };
    await withTenant(tenant.id, (tx) => recordFailedJob(tx, { ...lost, subject: connection.id }));
    await database.query(`insert into tenants (slug, name) values ('empty', 'Empty & Sons')`);
    for (const tenantSlug of ['birch', 'empty'])
      await user(`admin@${tenantSlug}.test`, { tenantSlug, role: 'admin', name: 'Ann Admin' });
  },
});

const recordsOn = (page: Page) => page.locator('#records li');

describe('without JavaScript', () => {
  it('a record is corrected, another one discarded with a reason, a job retried', async () => {
    const { page } = await stage.signedIn(admin, { javaScriptEnabled: false });
    await page.goto(`${home}?kind=characters`);
    await recordsOn(page)
      .first()
      .getByRole('link', { name: /^Correct/ })
      .click();
    const item = page.getByLabel('Item');
    await item.fill(mend(await item.inputValue()));
    await page.getByRole('button', { name: 'Correct and retry' }).click();
    await page.getByText('The corrected record now appears on the pages').waitFor();
    const second = recordsOn(page).first();
    const name = await second.locator('strong').first().innerText();
    await second.getByRole('button', { name: /^Discard/ }).click();
    await second.getByLabel('Why').fill('A test entry');
    await second.locator('dialog').getByRole('button', { name: 'Discard', exact: true }).click();
    await page.getByText('Discarded. The history').waitFor();
    await page.locator('#resolved').getByText('Ann Admin: A test entry').waitFor();
    expect(await page.locator('#records').getByText(name, { exact: true }).count()).toBe(0);
    await page
      .locator('#jobs')
      .getByRole('button', { name: /^Retry/ })
      .click();
    await page.getByText('The job has been queued again.').waitFor();
  });
});

describe('with a mouse', () => {
  it('a double click decides once and says nothing else', async () => {
    const { page } = await stage.signedIn(admin);
    await page.goto(home);
    const before = await stage.database.query(
      `select attempts from record_errors where resolved_at is null and kind = 'no_id'`,
    );
    await page.goto(`${home}?kind=no_id`);
    await recordsOn(page)
      .first()
      .getByRole('button', { name: /^Retry/ })
      .dblclick();
    await page.getByText('The record was rejected again').waitFor();
    expect(before).toHaveLength(1);
    await recordsOn(page)
      .first()
      .getByRole('button', { name: /^Discard/ })
      .click();
    await page.getByLabel('Why').last().fill('No id');
    await page
      .locator('dialog:popover-open')
      .getByRole('button', { name: 'Discard', exact: true })
      .dblclick();
    await expect
      .poll(() =>
        stage.database.query(
          `select count(*)::int as count
           from record_errors
           where resolution = 'discarded' and note = 'No id'`,
        ),
      )
      .toEqual([{ count: 1 }]);
  });
});

describe.each([1440, 390])('at %i px', (width) => {
  const look = async (page: Page, name: string) => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await expectNothingSticksOut(page);
      if (pictures)
        await page.screenshot({
          path: `.screenshots/${width}-${colorScheme}-${name}.png`,
          fullPage: true,
        });
      const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze();
      expect(
        violations.map(({ id, nodes }) => [id, nodes[0]?.target, nodes[0]?.failureSummary]),
        `${name} at ${width} px, ${colorScheme}`,
      ).toEqual([]);
    }
  };

  it(
    'the page, its filter, an unfolded item, the form and the empty page are in order',
    { timeout: 180_000 },
    async () => {
      const { page } = await stage.signedIn(admin, { viewport: { width, height: 900 } });
      await page.goto(home);
      await look(page, 'failed-records');
      await page.goto(`${home}?kind=characters`);
      await recordsOn(page).first().locator('summary').click();
      await look(page, 'failed-records-filter');
      await recordsOn(page)
        .first()
        .getByRole('button', { name: /^Discard/ })
        .click();
      await look(page, 'failed-records-discard');
      await page.keyboard.press('Escape');
      await page.locator('dialog:popover-open').waitFor({ state: 'detached' });
      await recordsOn(page)
        .first()
        .getByRole('link', { name: /^Correct/ })
        .click();
      await page.waitForURL(/dead-letters\/[\da-f-]{36}$/);
      await page.getByRole('button', { name: 'Correct and retry' }).click();
      await page.getByText('It still cannot be read').waitFor();
      await look(page, 'failed-records-form');
      const { page: other } = await stage.signedIn('admin@empty.test', {
        viewport: { width, height: 900 },
      });
      await other.goto('/w/empty/dead-letters');
      await look(other, 'failed-records-empty');
    },
  );
});
