import { gzipSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { bulkAccount, rowsAccount } from '../../sandbox/index.ts';
import { listBudgets, weighSite } from '../../scripts/budgets/site.ts';
import { weigh } from '../../scripts/budgets/weigh.ts';
import { until } from '../helpers/processes.ts';
import { client, opportunity } from '../helpers/rows.ts';
import { password } from '../helpers/web.ts';
import { figure, listed, params, rows } from './read.ts';
import { useStage } from './stage.ts';

const many = 10_000;
const harbor = rowsAccount({
  name: 'harbor',
  webKey: 'CT_harbor',
  accessToken: 'token-of-harbor',
  rows: {
    clients: Array.from({ length: 60 }, (_, index) => client(index + 1)),
    opportunities: Array.from({ length: 4 }, (_, index) => opportunity(index + 1)),
  },
});
const bulk = bulkAccount({
  name: 'bulk',
  webKey: 'CT_bulk',
  accessToken: 'token-of-bulk',
  clients: 20,
  opportunities: many,
  activities: 400,
  now: Date.now(),
});

const stage = useStage({
  accounts: [harbor, bulk],
  prepare: async ({ workspace, user }) => {
    for (const slug of ['harbor', 'bulk']) {
      await workspace(slug);
      await user(`admin@${slug}.test`, { tenantSlug: slug, role: 'admin' });
    }
  },
});

/** What has the focus, as a reader hears it. */
const focused = (page: Page): Promise<string> =>
  page.evaluate(() => {
    const element = document.activeElement;
    const label =
      element instanceof HTMLInputElement || element instanceof HTMLSelectElement
        ? element.labels?.[0]?.textContent
        : undefined;
    return (element?.getAttribute('aria-label') ?? label ?? element?.textContent ?? '')
      .replaceAll(/\s+/g, ' ')
      .trim();
  });

/** Presses Tab until the focus is on what is called so; it must be visible wherever it stops. */
async function tabTo(page: Page, name: string | RegExp, key = 'Tab'): Promise<void> {
  const passed: string[] = [];
  for (let presses = 0; presses < 80; presses += 1) {
    await page.keyboard.press(key);
    await expectVisibleFocus(page);
    const now = await focused(page);
    passed.push(now);
    if (typeof name === 'string' ? now === name : name.test(now)) return;
  }
  throw new Error(`${name} was not reached by the keyboard, only: ${passed.join(' | ')}`);
}

async function expectVisibleFocus(page: Page): Promise<void> {
  const { name, seen } = await page.evaluate(() => {
    const element = document.activeElement as HTMLElement | SVGElement | null;
    if (element === null || element === document.body) return { name: 'the page', seen: true };
    const shape =
      element instanceof SVGElement ? (element.querySelector('path') ?? element) : element;
    const { outlineStyle, outlineWidth, strokeWidth, stroke } = getComputedStyle(shape);
    const { width, height, right, bottom } = element.getBoundingClientRect();
    const marked =
      element instanceof SVGElement
        ? stroke !== 'none' && Number.parseFloat(strokeWidth) >= 2
        : outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 2;
    return {
      name: element.outerHTML.slice(0, 120),
      seen: marked && width > 0 && height > 0 && right > 0 && bottom > 0,
    };
  });
  expect(seen, `the focus is visible on ${name}`).toBe(true);
}

describe('with the keyboard alone', () => {
  it('somebody signs in, visits the pages, filters, opens, syncs and signs out', async () => {
    const { page } = await stage.visit();
    await page.goto('/sign-in?next=%2Fw%2Fharbor%2Fdashboard');
    await until(
      'the form starts in its first field',
      async () => (await focused(page)) === 'E-mail',
    );
    await page.keyboard.type('admin@harbor.test');
    await tabTo(page, 'Password');
    await page.keyboard.type(password);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Dashboard' }).waitFor();

    await tabTo(page, 'Skip to content');
    await page.keyboard.press('Enter');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('main');
    for (const name of ['Reports', 'Pipeline', 'Hot List', 'Notes', 'Schedule', 'Leads']) {
      await page.goto('/w/harbor/dashboard');
      await tabTo(page, name);
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { level: 1, name }).waitFor();
    }

    await tabTo(page, 'Search');
    await page.keyboard.type('lead7@');
    await tabTo(page, 'Apply');
    await page.keyboard.press('Enter');
    await page.waitForURL(/search=lead7/);
    expect([params(page)['search'], (await rows(page)).length]).toEqual(['lead7@', 1]);
    await tabTo(page, /^Search: lead7@/);
    await page.keyboard.press('Enter');
    await page.waitForURL((url) => !url.searchParams.has('search'));
    await tabTo(page, 'Export');
    await page.keyboard.press('Enter');
    await tabTo(page, 'CSV');
    await page.keyboard.press('Escape');
    expect(await focused(page)).toBe('Export');
    expect(await page.getByRole('link', { name: 'CSV' }).isVisible()).toBe(false);

    await page.goto('/w/harbor/hot-list');
    await tabTo(page, /show the formula$/);
    const opener = await focused(page);
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    await tabTo(page, 'Close');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    expect(await focused(page)).toBe(opener);

    await page.goto('/w/harbor/dashboard');
    await tabTo(page, 'Sync now');
    await page.keyboard.press('Enter');
    await page.getByText('Waiting for the sync to start').waitFor();

    await tabTo(page, 'Robin Reader', 'Shift+Tab');
    await page.keyboard.press('Enter');
    await tabTo(page, 'Sign out');
    await page.keyboard.press('Enter');
    await page.getByText('You have been signed out.').waitFor();
  });

  it('somebody on a phone opens and closes the navigation', async () => {
    const { page } = await stage.signedIn('admin@harbor.test', {
      viewport: { width: 390, height: 844 },
    });
    await page.goto('/w/harbor/dashboard');
    await tabTo(page, 'Menu');
    await page.keyboard.press('Enter');
    await page.locator('#nav-sheet').waitFor();
    await tabTo(page, 'Notes');
    await page.keyboard.press('Escape');
    await page.locator('#nav-sheet').waitFor({ state: 'hidden' });
    expect(await focused(page)).toBe('Menu');
    await page.keyboard.press('Enter');
    await tabTo(page, 'Notes');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Notes' }).waitFor();
  });
});

describe('ten thousand rows', () => {
  it('are counted, paged through and listed a hundred ahead', async () => {
    const { page } = await stage.signedIn('admin@bulk.test');
    await page.goto('/w/bulk/pipeline?outcome=all');
    expect([await listed(page), (await rows(page)).length]).toEqual(['10,000', 50]);
    const names = (await rows(page)).map(([name]) => name);
    await page.getByRole('link', { name: 'Next' }).click();
    await page.getByRole('link', { name: 'Previous' }).waitFor();
    expect((await rows(page)).map(([name]) => name)).not.toEqual(names);
    await page.goto('/w/bulk/hot-list');
    expect(await listed(page)).toBe(await figure(page, 'Candidates'));
    await page.goto('/w/bulk/schedule');
    expect(await page.locator('#rows li').count()).toBe(100);
    expect(await page.locator('#rows .card-head').innerText()).toMatch(/the next 100 of (199|200)/);
  });
});

interface Fetched {
  url: string;
  text: string;
}

/** The scripts and styles that a page asks for from now on; each once, whenever it is called. */
function recordFiles(page: Page): () => Promise<Fetched[]> {
  const files = new Map<string, Promise<Fetched>>();
  page.on('response', (response) => {
    const url = response.url();
    if (/\.(?:js|css)$/.test(url) && !files.has(url))
      files.set(
        url,
        response.text().then((text) => ({ url, text })),
      );
  });
  return () => Promise.all(files.values());
}

const textsOf = (files: Fetched[], end: string): string[] =>
  files.filter(({ url }) => url.endsWith(end)).map(({ text }) => text);

/** As they travel: each gzipped by itself, in kilobytes of 1,000 bytes. */
const kilobytes = (texts: string[]): number =>
  texts.reduce((sum, text) => sum + gzipSync(text, { level: 9 }).length, 0) / 1000;

describe('what a browser fetches', () => {
  it.each(['harbor', 'bulk'])('stays within the budget of each page of %s', async (slug) => {
    const pages = await weighSite({
      url: stage.web.url,
      slug,
      email: `admin@${slug}.test`,
      password,
    });
    expect(pages.map(({ path }) => path)).toEqual(Object.keys(listBudgets(slug)));
    expect(pages.filter(({ excesses }) => excesses.length > 0)).toEqual([]);
  });

  it.each(['dashboard', 'leads', 'pipeline', 'settings/mapping'])(
    'is what the scale counts: %s',
    async (path) => {
      const { page } = await stage.signedIn('admin@harbor.test');
      const fetched = recordFiles(page);
      const answer = await page.goto(`/w/harbor/${path}`, { waitUntil: 'networkidle' });
      const atOnce = await fetched();
      const inline = await page.evaluate(() =>
        [...document.scripts]
          .filter(({ src, type }) => src === '' && !type.endsWith('json'))
          .map(({ text }) => text),
      );
      const html = (await answer?.text()) ?? '';
      const weight = await weigh(html, async (file) =>
        (await fetch(new URL(file, page.url()))).text(),
      );
      expect(weight.js).toBeCloseTo(kilobytes([...textsOf(atOnce, '.js'), ...inline]), 6);
      expect(weight.css).toBeCloseTo(kilobytes(textsOf(atOnce, '.css')), 6);
      expect(weight.html).toBeCloseTo(kilobytes([html]), 6);
      const chart = page.locator('[data-chart] .chart-box:visible').first();
      if (weight.later > 0) await chart.hover();
      else expect(await chart.count()).toBe(0);
      const later = async () =>
        (await fetched()).filter(({ url }) => !atOnce.some((file) => file.url === url));
      await expect
        .poll(async () => kilobytes(textsOf(await later(), '.js')), { timeout: 30_000 })
        .toBeCloseTo(weight.later, 6);
    },
  );
});
