import AxeBuilder from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { demoSpecs, rowsAccount } from '../../sandbox/index.ts';
import { expectNothingSticksOut, type Watched } from '../helpers/browser.ts';
import { client, opportunity } from '../helpers/rows.ts';
import { extremes, inside, outside, type Sight } from './sights.ts';
import { useStage } from './stage.ts';

/**
 * Every page on a desktop and on a phone, in light and in dark: accessible, nothing beyond the
 * edge, nothing jumps. With SCREENSHOTS=1 it also takes pictures, of a larger workspace, into
 * .screenshots/.
 */
const pictures = process.env['SCREENSHOTS'] !== undefined;
const slug = pictures ? 'harbor' : 'juniper';
const longName = {
  firstName: 'Maximiliana-Theodora',
  lastName: 'Featherstonehaugh-Worthington de la Cruz',
};
const one = rowsAccount({
  name: 'one',
  webKey: 'CT_one',
  accessToken: 'token-of-one',
  rows: {
    clients: [client(1, { ...longName, deal_size: '9876543210' })],
    opportunities: [opportunity(2, { ...longName, deal_size: '9876543210', units: '3' })],
  },
});

const stage = useStage({
  accounts: [...demoSpecs().filter(({ name }) => name === slug), one],
  prepare: async ({ workspace, user, database }) => {
    await workspace(slug, { name: 'Harbor Fitness Group', timeZone: 'America/New_York' });
    await workspace('one', {
      name: 'The Workspace With the Longest Name of Them All, Incorporated',
    });
    await database.query(`insert into tenants (slug, name) values ('empty', 'Empty & Sons')`);
    for (const tenantSlug of [slug, 'one', 'empty'])
      await user(`admin@${tenantSlug}.test`, { tenantSlug, role: 'admin', name: 'Ann Admin' });
    await user(`viewer@${slug}.test`, { tenantSlug: slug });
    await user('staff@tributary.test', { staff: true, name: 'Sam Staff' });
  },
});

const widths = [1440, 390];

describe.each(widths)('at %i px', (width) => {
  const options = { viewport: { width, height: 900 }, colorScheme: 'light' as const };
  const visitors = () => {
    const known = new Map<string | undefined, Promise<Watched>>();
    return (as?: string): Promise<Watched> => {
      const watched =
        known.get(as) ?? (as === undefined ? stage.visit(options) : stage.signedIn(as, options));
      known.set(as, watched);
      return watched;
    };
  };
  const lookAt = async (sights: Sight[]) => {
    const visitor = visitors();
    for (const sight of sights.filter(
      (candidate) => candidate.width === undefined || candidate.width === width,
    ))
      await look((await visitor(sight.as)).page, sight, width);
  };

  it('sign-in, account and errors', { timeout: 180_000 }, () => lookAt(outside(slug)));
  it('the pages of a workspace', { timeout: 180_000 }, () => lookAt(inside(slug)));
  it('workspaces with nothing and with one long row', { timeout: 180_000 }, () => lookAt(extremes));

  it('a page that the database fails', async () => {
    await stage.database.query('alter table notes rename to notes_away');
    try {
      await lookAt([
        { name: 'failed', path: `/w/${slug}/notes`, as: `admin@${slug}.test`, status: 500 },
      ]);
    } finally {
      await stage.database.query('alter table notes_away rename to notes');
    }
  });
});

async function look(
  page: Page,
  { name, path, status = 200, act }: Sight,
  width: number,
): Promise<void> {
  await page.emulateMedia({ colorScheme: 'light' });
  const answer = await page.goto(path);
  expect(answer?.status(), path).toBe(status);
  expect(await layoutShift(page), `${path} jumps while it loads`).toBeLessThanOrEqual(0.02);
  await act?.(page);
  await expectNothingSticksOut(page);
  await picture(page, `${width}-light-${name}`);
  await expectAccessible(page, `${name} at ${width} px in light`);
  await page.emulateMedia({ colorScheme: 'dark' });
  await picture(page, `${width}-dark-${name}`);
  // Only colours differ in the dark.
  await expectAccessible(page, `${name} at ${width} px in dark`, ['color-contrast']);
}

async function expectAccessible(page: Page, what: string, rules?: string[]): Promise<void> {
  const axe = new AxeBuilder({ page }).setLegacyMode(true);
  const { violations } = await (rules === undefined ? axe : axe.withRules(rules)).analyze();
  expect(
    violations.map(({ id, nodes }) => [
      id,
      nodes.slice(0, 3).map(({ target, failureSummary }) => `${target}: ${failureSummary}`),
    ]),
    what,
  ).toEqual([]);
}

/** Cumulative layout shift since the page was asked for. */
function layoutShift(page: Page): Promise<number> {
  return page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        let sum = 0;
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries())
            sum += (entry as PerformanceEntry & { value: number }).value;
        }).observe({ type: 'layout-shift', buffered: true });
        setTimeout(() => resolve(sum), 50);
      }),
  );
}

async function picture(page: Page, name: string): Promise<void> {
  if (pictures) await page.screenshot({ path: `.screenshots/${name}.png`, fullPage: true });
}
