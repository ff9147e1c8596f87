import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { timeZone, useJuniper } from './juniper.ts';
import { figure, listed, params, rows, until } from './read.ts';
import { mostCommon, usd } from './truth.ts';

const { stage, truth, open } = useJuniper();

describe('the other pages', () => {
  it('pipeline: stages as bars, table and board, each leading to its rows', async () => {
    const page = await open('pipeline');
    expect(await figure(page, 'Total Pipeline Value')).toBe(usd(truth.value));
    expect(await figure(page, 'Stage Count')).toBe(String(truth.stages.size));
    const stages = Object.fromEntries(
      (await rows(page, 'stages')).map(([stage = '', many]) => [stage, Number(many)]),
    );
    expect(stages['Total']).toBe([...truth.stages.values()].reduce((sum, one) => sum + one, 0));
    for (const [stage, many] of truth.stages) expect(stages[stage], stage).toBe(many);
    await page.getByRole('link', { name: 'Board', exact: true }).click();
    await until(page, 'view', 'board');
    const [stage, many] = mostCommon(truth.stages);
    const lane = page.getByRole('region', { name: stage, exact: true });
    expect(await lane.locator('header span').innerText()).toMatch(new RegExp(`^${many} · `));
    await lane.getByRole('link', { name: stage, exact: true }).click();
    await until(page, 'stage', stage);
    expect([await listed(page), (await rows(page)).length]).toEqual([String(many), many]);
  });

  it('hot list: heaviest first, with the formula on demand', async () => {
    const page = await open('hot-list');
    const weights = (await rows(page)).map((cells) =>
      Number((cells[3] ?? '').replaceAll(/[^\d.]/g, '')),
    );
    expect(weights.length).toBeGreaterThan(3);
    expect(weights).toEqual(weights.toSorted((one, other) => other - one));
    const button = page.locator('#rows tbody button').first();
    await button.click();
    const dialog = page.getByRole('dialog');
    await dialog.waitFor();
    const numbers = (await dialog.locator('dd').allInnerTexts()).map((text) =>
      Number(text.replaceAll(/[^\d.]/g, '')),
    );
    const [units = 0, fee = 0, likely = 0, weighted] = numbers;
    expect(weighted).toBeCloseTo((units * fee * likely) / 100, 2);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    expect(
      await button.evaluate((element) => element === document.activeElement),
      'the focus is back',
    ).toBe(true);
  });

  it('notes: fifty at a time, and a search', async () => {
    const page = await open('notes');
    expect(await listed(page)).toBe(String(truth.notes));
    expect(await page.locator('#notes > li').count()).toBe(50);
    await page.getByRole('link', { name: 'Load more' }).click();
    await page.getByText(`100 of ${truth.notes} notes`).waitFor();
    const ids = await page.locator('#notes > li').evaluateAll((items) => items.map(({ id }) => id));
    expect([ids.length, new Set(ids).size, params(page)]).toEqual([100, 100, { limit: '100' }]);
    await page.reload();
    expect(
      await page.locator('#notes > li').evaluateAll((items) => items.map(({ id }) => id)),
    ).toEqual(ids);
    const author = await page.locator('[data-note=author]').first().innerText();
    await page.getByLabel('Search', { exact: true }).fill(author);
    await page.getByRole('button', { name: 'Search' }).click();
    await until(page, 'search', author);
    const found = await page.locator('#notes > li').allInnerTexts();
    expect(found.length).toBeGreaterThan(0);
    for (const text of found) expect(text).toContain(author);
    await page.locator('#notes summary').first().click();
    expect(await page.locator('#notes details').first().getAttribute('open')).toBe('');
  });

  it("schedule: what is ahead, in the tenant's time zone", async () => {
    const page = await open('schedule');
    const shown = await page
      .locator('#rows li')
      .evaluateAll((items) =>
        items.map((item) => [
          item.querySelector('time')?.textContent ?? '',
          item.querySelector('time')?.dateTime ?? '',
        ]),
      );
    expect(shown.length).toBe(Math.min(truth.ahead.length, 100));
    const expected = truth.ahead
      .slice(0, shown.length)
      .map((at) => [
        at.toLocaleTimeString('en-US', { timeZone, timeStyle: 'short' }),
        at.toISOString(),
      ]);
    expect(shown).toEqual(expected);
    expect(await page.getByText('Times are in Pacific').innerText()).toContain(
      'America/Los Angeles',
    );
  });

  it('dashboard: the same figures as the pages that they lead to', async () => {
    const page = await open('dashboard');
    expect([await figure(page, 'Leads'), await figure(page, 'Pipeline value')]).toEqual([
      String(truth.leads),
      usd(truth.value),
    ]);
    const qualified = await figure(page, 'Qualified leads');
    await page.locator('.kpi', { hasText: 'Qualified leads' }).click();
    await until(page, 'qualified', 'yes');
    expect([await figure(page, 'Qualified Leads'), await listed(page)]).toEqual([
      qualified,
      qualified,
    ]);
  });

  it('exports: the rows of the page under its filter', async () => {
    const [source, many] = mostCommon(truth.sources);
    const page = await open(`leads?source=${encodeURIComponent(source)}`);
    await page.locator('#rows .menu summary', { hasText: 'Export' }).click();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'CSV' }).click(),
    ]);
    expect(download.suggestedFilename()).toMatch(/Leads.*\.csv$/);
    const lines = parse(readFileSync(await download.path(), 'utf8'), {
      bom: true,
      relax_column_count: true,
    }) as string[][];
    expect(lines.filter((line) => line.includes(source)).length).toBe(many);
    await page.locator('#rows .menu summary', { hasText: 'Export' }).click();
    const [sheet] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Excel (XLSX)' }).click(),
    ]);
    expect(
      readFileSync(await sheet.path())
        .subarray(0, 2)
        .toString(),
    ).toBe('PK');
  });

  it('reports: published by staff, read and printed by the client', async () => {
    const { page: staff } = await stage.signedIn('staff@tributary.test');
    await staff.goto('/w/juniper/reports');
    await staff.getByRole('link', { name: 'Publish a report' }).click();
    await staff.getByRole('link', { name: 'Pipeline', exact: true }).last().click();
    await until(staff, 'page', 'pipeline');
    await staff.getByLabel('Title').fill('Pipeline of November');
    await staff.getByRole('button', { name: 'Publish' }).click();
    await staff.getByRole('heading', { level: 1, name: 'Pipeline of November' }).waitFor();
    const page = await open('reports');
    expect(await page.getByRole('link', { name: 'Publish a report' }).count()).toBe(0);
    await page.getByRole('link', { name: 'Pipeline of November' }).click();
    await page.getByText('by Sam Staff').last().waitFor();
    expect(await figure(page, 'Total Pipeline Value')).toBe(usd(truth.value));
    await page.emulateMedia({ media: 'print' });
    for (const hidden of ['.sidebar', '.skip', '[data-print]', '#rows .menu'])
      expect(await page.locator(hidden).first().isVisible(), hidden).toBe(false);
    await page.locator('.print-only', { hasText: 'Published' }).waitFor();
    expect((await page.pdf({ format: 'A4' })).length).toBeGreaterThan(10_000);
  });
});

describe('without JavaScript', () => {
  const script = { javaScriptEnabled: false };

  it('shows the same figures and filters by forms', async () => {
    const page = await open('leads', script);
    expect([await figure(page, 'Total Leads'), await listed(page)]).toEqual([
      String(truth.leads),
      String(truth.leads),
    ]);
    const [source, many] = mostCommon(truth.sources);
    await page.getByLabel('Source', { exact: true }).selectOption({ label: source });
    await page.getByRole('button', { name: 'Apply' }).click();
    expect([params(page), await listed(page)]).toEqual([{ source }, String(many)]);
    await page.locator('.page-head summary').click();
    await page.getByLabel('Period', { exact: true }).selectOption('90d');
    await page.getByRole('button', { name: 'Show' }).click();
    expect(params(page)).toEqual({ source, period: '90d' });
    await page.goto('/w/juniper/pipeline');
    expect(await figure(page, 'Total Pipeline Value')).toBe(usd(truth.value));
    await page.goto('/w/juniper/schedule');
    expect(await page.locator('#rows li').count()).toBe(Math.min(truth.ahead.length, 100));
  });

  it('loads more notes, opens the formula and asks for a sync', async () => {
    const page = await open('notes', script);
    await page.getByRole('link', { name: 'Load more' }).click();
    expect([await page.locator('#notes > li').count(), params(page)]).toEqual([
      100,
      { limit: '100' },
    ]);
    await page.getByLabel('Search', { exact: true }).fill('call');
    await page.getByRole('button', { name: 'Search' }).click();
    expect(params(page)['search']).toBe('call');
    await page.goto('/w/juniper/hot-list');
    await page.locator('#rows tbody button').first().click();
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Sync now' }).click();
    await page.getByText('Sync requested').waitFor();
    expect(new URL(page.url()).pathname).toBe('/w/juniper/hot-list');
  });
});
