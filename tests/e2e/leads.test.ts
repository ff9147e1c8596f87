import { describe, expect, it } from 'vitest';
import { useJuniper } from './juniper.ts';
import { bars, figure, listed, params, rows, until } from './read.ts';
import { mostCommon } from './truth.ts';

const { truth, open } = useJuniper();

describe('leads', () => {
  it('are those of the source, by source and by status', async () => {
    const page = await open('leads');
    expect(await figure(page, 'Total Leads')).toBe(String(truth.leads));
    expect(await listed(page)).toBe(String(truth.leads));
    const drawn = (id: string) => bars(page, id).then((texts) => texts.toSorted());
    const written = (map: Map<string, number>) =>
      [...map].map(([key, value]) => `${key}: ${value}`).toSorted();
    expect(await drawn('by-source')).toEqual(written(truth.sources));
    expect(await drawn('by-status')).toEqual(written(truth.statuses));
  });

  it('are filtered by what the address says, and Back takes a filter away', async () => {
    const page = await open('leads');
    const [source, many] = mostCommon(truth.sources);
    await page.getByLabel('Source', { exact: true }).selectOption({ label: source });
    await page.getByRole('button', { name: 'Apply' }).click();
    await until(page, 'source', source);
    expect(await listed(page)).toBe(String(many));
    expect(new Set((await rows(page)).map((cells) => cells[2]))).toEqual(new Set([source]));
    await page.getByLabel('Status', { exact: true }).selectOption('New Lead');
    await page.getByRole('button', { name: 'Apply' }).click();
    await until(page, 'status', 'New Lead');
    expect(params(page)).toEqual({ source, status: 'New Lead' });
    await page.goBack();
    await until(page, 'status', null);
    expect([
      await listed(page),
      await page.getByLabel('Source', { exact: true }).inputValue(),
    ]).toEqual([String(many), source]);
    await page.getByRole('link', { name: 'Clear all' }).click();
    await until(page, 'source', null);
    const [name = ''] = (await rows(page))[3] ?? [];
    await page.getByLabel('Search', { exact: true }).fill(name);
    await page.getByLabel('Search', { exact: true }).press('Enter');
    await until(page, 'search', name);
    expect((await rows(page)).map(([found]) => found)).toContain(name);
    await page.getByLabel('Search', { exact: true }).fill('nobody at all');
    await page.getByLabel('Search', { exact: true }).press('Enter');
    await page.getByText('No matching leads').waitFor();
    await page.getByRole('link', { name: 'Clear all filters' }).click();
    await until(page, 'search', null);
    expect(await listed(page)).toBe(String(truth.leads));
  });

  it('are sorted and paged by links', async () => {
    const page = await open('leads');
    await page.getByRole('link', { name: 'Name', exact: true }).click();
    await until(page, 'sort', 'name');
    const first = (await rows(page)).map(([name = '']) => name);
    expect(await page.locator('#rows th[aria-sort=ascending]').innerText()).toBe('Name');
    await page.getByRole('link', { name: 'Next' }).click();
    await page.getByRole('link', { name: 'Previous' }).waitFor();
    const second = (await rows(page)).map(([name = '']) => name);
    expect([first.length, second.length]).toEqual([50, truth.leads - 50]);
    expect((first.at(-1) ?? '').localeCompare(second[0] ?? '', 'en')).toBeLessThanOrEqual(0);
    await page.getByRole('link', { name: 'Previous' }).click();
    await page.getByRole('link', { name: 'Next' }).waitFor();
    expect((await rows(page)).map(([name = '']) => name)).toEqual(first);
  });

  it('of a period are compared with those of the period before', async () => {
    const page = await open('leads');
    const within = (from: string, to: string) =>
      truth.created.filter((created) => created >= from && created <= to).length;
    await page.locator('.page-head summary').click();
    await page.getByLabel('From').fill('2026-09-01');
    await page.getByLabel('To', { exact: true }).fill('2026-09-30');
    await page.getByLabel('Compare with').selectOption('previous');
    await page.getByRole('button', { name: 'Show' }).click();
    await until(page, 'compare', 'previous');
    expect(params(page)).toEqual({
      period: 'custom',
      from: '2026-09-01',
      to: '2026-09-30',
      compare: 'previous',
    });
    expect(Number(await figure(page, 'Total Leads'))).toBe(within('2026-09-01', '2026-09-30'));
    const card = page.locator('.kpi', { hasText: 'Total Leads' });
    expect(await card.locator('.kpi-note [title]').getAttribute('title')).toBe(
      `${within('2026-08-02', '2026-08-31')} in the previous period`,
    );
    await page.locator('.sidebar').getByRole('link', { name: 'Dashboard' }).click();
    expect(await figure(page, 'Leads')).toBe(String(truth.leads));
  });

  it('stand behind every bar, slice and card', async () => {
    const page = await open('leads');
    const qualified = await figure(page, 'Qualified Leads');
    await page.locator('.kpi', { hasText: 'Qualified Leads' }).click();
    await until(page, 'qualified', 'yes');
    expect(await listed(page)).toBe(qualified);
    const [source, many] = mostCommon(truth.sources);
    await page.goto('/w/juniper/dashboard');
    const bar = page
      .locator('#by-source .chart-static > div:visible')
      .getByRole('link', { name: `${source}: ${many}` });
    await bar.focus();
    await page.keyboard.press('Enter');
    await page.waitForURL(/leads/);
    expect([params(page), await listed(page)]).toEqual([{ source }, String(many)]);
  });

  it('show themselves in a chart that answers to the pointer', async () => {
    const page = await open('leads');
    const [source, many] = mostCommon(truth.sources);
    const box = page.locator('#by-source .chart-box');
    await box.hover();
    await page.locator('#by-source.chart-on .chart-live svg').waitFor();
    const first = page.locator('#by-source .chart-live path').first();
    await first.hover({ force: true });
    await page.locator('#by-source .tip', { hasText: source }).waitFor();
    // The bar under the pointer is drawn last now, so it is not looked for again.
    await page.mouse.down();
    await page.mouse.up();
    await until(page, 'source', source);
    expect(await listed(page)).toBe(String(many));
  });
});
