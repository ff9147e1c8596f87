import AxeBuilder from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { expectNothingSticksOut } from '../helpers/browser.ts';
import { params } from './read.ts';
import { stage, open } from './lead-table-stage.ts';

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

describe('selected rows', () => {
  it('are counted, pushed together, and told of', async () => {
    const page = await open('?filters=none');
    const boxes = page.locator('[data-pick]');
    expect(await page.locator('[data-bulk-selected]').isDisabled()).toBe(true);
    await boxes.nth(0).check();
    await boxes.nth(2).click({ modifiers: ['Shift'] });
    expect(await page.locator('[data-bulk-count]').innerText()).toBe('3 leads selected');
    await page.locator('[data-pick-all]').check();
    expect(await page.locator('[data-bulk-count]').innerText()).toBe('50 leads selected');
    await page.getByRole('button', { name: 'Clear selection' }).click();
    await page.locator('[data-bulk-count]', { hasText: 'Select leads to push' }).waitFor();
    for (const index of [0, 1]) await boxes.nth(index).check();
    await page.locator('[data-bulk-selected]').click();
    await page.locator('.banner', { hasText: 'Push: 2 queued.' }).waitFor();
    const states = await page.locator('#rows tbody tr').evaluateAll((lines) => {
      const heads = [...document.querySelectorAll('#rows thead th')];
      const column = heads.findIndex((head) => (head as HTMLElement).dataset['column'] === 'push');
      return lines.slice(0, 2).map((line) => line.children[column]?.textContent?.trim());
    });
    expect(states).toEqual(['Pending', 'Pending']);
    const [pushed] = await stage.database.query<{ count: number }>(
      'select count(*)::int from pushes',
    );
    expect(pushed?.count).toBe(2);
  });
});
