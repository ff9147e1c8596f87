import { describe, expect, it } from 'vitest';
import { expectNothingSticksOut } from '../helpers/browser.ts';
import { listed, params, rows, until } from './read.ts';
import { open } from './lead-table-stage.ts';

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
    const seen = Promise.withResolvers<void>();
    await page.route('**/leads?*sort=score*', async (route) => {
      await seen.promise;
      await route.continue();
    });
    const meanwhile = await page.evaluate(
      () =>
        new Promise((resolve) => {
          const look = () => {
            if (document.querySelector('#rows table')?.ariaBusy !== 'true') return setTimeout(look);
            const filters = '[data-filters] fieldset';
            return resolve(document.querySelector<HTMLFieldSetElement>(filters)?.disabled);
          };
          document.querySelector<HTMLElement>('[data-column=score] a')?.click();
          setTimeout(look);
        }),
    );
    expect(meanwhile, 'the filters are disabled meanwhile').toBe(true);
    seen.resolve();
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
    await page.locator('.banner', { hasText: 'View saved' }).waitFor();
    await page.goto('/w/table/leads?filters=none');
    await views.click();
    await page.getByRole('link', { name: 'Hot ones' }).click();
    await until(page, 'sort', 'score');
    await views.click();
    await page.getByRole('button', { name: 'Rename or delete' }).click();
    await expectNothingSticksOut(page);
    await page.getByRole('textbox', { name: 'Name of Hot ones' }).fill('Warm ones');
    await page.getByRole('button', { name: 'Rename', exact: true }).click();
    await page.locator('.banner', { hasText: 'View renamed' }).waitFor();
    await page.locator('.lead-views > summary', { hasText: 'Warm ones' }).click();
    await page.getByRole('button', { name: 'Rename or delete' }).click();
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    await page.locator('.banner', { hasText: 'View deleted' }).waitFor();
    expect(params(page)).toMatchObject({ segment: 'Migration', sort: 'score' });
  });
});
