import { globSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { createUser } from '#lib/identity/auth/users.ts';
import { features, setFeature } from '#lib/identity/features.ts';
import { useDatabase } from '../helpers/database.ts';
import { allowForLoad } from '../helpers/patience.ts';
import { useStatementLog } from '../helpers/statements.ts';
import { password, type WebClient } from '../helpers/web.ts';
import { useApi } from './fixtures.ts';

/*
 * How many statements each page sends, BEGIN and COMMIT included. Each is a round trip that every
 * reader of the page waits for, and one more is easily added without being seen.
 */

allowForLoad();
const db = useDatabase();
const log = useStatementLog(db.url);
const api = useApi(() => log.url);

type Table = Record<string, number>;

const anonymous: Table = {
  '/healthz': 0,
  '/readyz': 1,
  '/sign-in': 1,
  '/forgot-password': 0,
};

const viewer: Table = {
  '/w/north/dashboard': 19,
  '/w/north/dashboard?period=12m&compare=year': 19,
  '/w/north/leads': 12,
  '/w/north/leads?search=lead': 15,
  '/w/north/pipeline': 14,
  '/w/north/pipeline?view=board': 15,
  '/w/north/hot-list': 8,
  '/w/north/referrals': 10,
  '/w/north/notes': 8,
  '/w/north/schedule': 9,
  '/w/north/reports': 7,
  '/w/north/pushes': 13,
  '/w/north/conflicts': 9,
  '/account': 3,
  '/account/two-factor': 2,
  '/workspaces': 3,
  '/api/sync/status?tenant=north': 4,
  '/api/dashboard/leads?tenant=north': 7,
  '/api/leads?tenant=north': 7,
};

const staff: Table = {
  '/workspaces': 3,
  '/people': 6,
  '/alerts': 5,
  '/audit': 8,
  '/w/north/dashboard': 19,
  '/w/north/dead-letters': 11,
  '/w/north/reports/new?page=leads': 9,
  '/w/north/settings/connections': 22,
  '/w/north/settings/members': 6,
  '/w/north/settings/features': 6,
  '/w/north/settings/scoring': 7,
  '/w/north/settings/mapping': 8,
  '/w/north/settings/incoming': 29,
  '/w/north/settings/privacy': 9,
  '/w/north/settings/single-sign-on': 5,
  '/w/north/settings/audit': 7,
};

let agency: WebClient;
beforeAll(async () => {
  for (const feature of features) await setFeature(api.north.tenant.id, feature, true, null);
  await createUser({ email: 'staff@tributary.test', password, staff: true });
  agency = await api.web.signIn('staff@tributary.test');
});

/**
 * The fewest statements of some visits after the first one. The first fills what the process keeps,
 * and any may fall together with a periodic task of the process.
 */
async function countStatements(client: WebClient, path: string): Promise<string[]> {
  const visits: string[][] = [];
  for (let visit = 0; visit < 3; visit += 1)
    visits.push(
      await log.during(async () => {
        const response = await client.fetch(path);
        await response.text();
        expect(response.status, path).toBe(200);
      }),
    );
  return visits.slice(1).toSorted((one, other) => one.length - other.length)[0] ?? [];
}

/** Pages that are not in a table, each with the reason. */
const uncounted: Record<string, string> = {
  '404': 'tells nothing',
  '500': 'tells nothing',
  problem: 'tells what the middleware hands it',
  index: 'only leads on',
  'w/north/index': 'only leads on',
  'w/north/settings/index': 'only leads on',
  'two-factor': 'is the second step of signing in',
  'reset-password': 'asks for the token of a link',
};

const visitors: [string, Table, () => WebClient][] = [
  ['nobody', anonymous, () => api.web.visitor()],
  ['a viewer', viewer, () => api.viewer],
  ['staff', staff, () => agency],
];

describe.each(visitors)('asked for by %s', (_name, table, getClient) => {
  it.each(Object.entries(table))('%s sends %i statements', async (path, expected) => {
    const sent = await countStatements(getClient(), path);
    expect(
      sent.length,
      `${path} sends ${sent.length} statements where the table of this test says ${expected}. ` +
        'Read it in the transaction of the page, together with what it already reads. If there ' +
        'has to be another statement, say so with the new number in the table of ' +
        `tests/http-api/statements.test.ts. It sends:\n${sent.map(shorten).join('\n')}\n`,
    ).toBe(expected);
  });
});

it('counts every page whose address names nothing but the workspace', () => {
  const counted = [anonymous, viewer, staff]
    .flatMap((table) => Object.keys(table))
    .map((path) => path.split('?', 1)[0]);
  const pages = globSync('src/pages/**/*.astro')
    .map((file) => file.slice('src/pages/'.length, -'.astro'.length).replace('[tenant]', 'north'))
    .filter((page) => !page.includes('['))
    .filter((page) => !counted.includes(`/${page.replace(/\/index$/, '')}`));
  expect(pages.toSorted()).toEqual(Object.keys(uncounted).toSorted());
});

const shorten = (text: string): string => `- ${text.replaceAll(/\s+/g, ' ').slice(0, 160)}`;
