import type { Page } from 'playwright-core';

/** What a reader takes from a page, as it stands there. */

/** The figure on a card. */
export const figure = (page: Page, label: string): Promise<string> =>
  page
    .locator('.kpi', { has: page.getByText(label, { exact: true }) })
    .locator('.kpi-value')
    .innerText();

/** The number beside the title of the list: "1,933". */
export const listed = (page: Page, id = 'rows'): Promise<string> =>
  page.locator(`#${id} .card-head .text-ink-3`).first().innerText();

/** The cells of each row of the list. */
export const rows = (page: Page, id = 'rows'): Promise<string[][]> =>
  page
    .locator(`#${id} tbody tr`)
    .evaluateAll((lines) =>
      lines.map((line) => [...line.children].map((cell) => (cell as HTMLElement).innerText.trim())),
    );

/** The parameters in the address bar. */
export const params = (page: Page): Record<string, string> =>
  Object.fromEntries(new URL(page.url()).searchParams);

/** What each bar or slice of a chart says: its name with its figure. */
export const bars = (page: Page, id: string): Promise<string[]> =>
  page
    .locator(`#${id} .chart-static > div:visible a`)
    .evaluateAll((links) => links.map((link) => link.getAttribute('aria-label') ?? ''));

/** Waits for the address that a form or a link leads to. */
export const until = (page: Page, name: string, value: string | null): Promise<void> =>
  page.waitForURL((url) => url.searchParams.get(name) === value);
