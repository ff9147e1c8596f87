import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { demoSpecs, startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { createUser } from '#lib/identity/auth/users.ts';
import { createConnection } from '#lib/connections/connections.ts';
import { syncConnection } from '#lib/ingest/sync-connection.ts';
import { useDatabase } from '../helpers/database.ts';
import { find, findAll, readText, type Element } from '../helpers/html.ts';
import { readCells, readKpis, readPage, type Page } from '../helpers/page.ts';
import { allowForLoad } from '../helpers/patience.ts';
import { password, startWeb, type Web, type WebClient } from '../helpers/web.ts';
import { createWorkspace } from '../helpers/workspace.ts';
import { org } from '../outbound/stage.ts';

/*
 * Every number of a page equals the rows behind its link, and the rows of their export. The
 * workspace has two systems with pipelines of their own.
 */

allowForLoad();
const db = useDatabase();
let sandbox: Sandbox;
let web: Web;
let member: WebClient;

beforeAll(async () => {
  sandbox = await startSandbox({
    accounts: demoSpecs().filter(({ name }) => name === 'juniper'),
    orgs: [{ ...org, leads: 60 }],
  });
  const { tenant, connection } = await createWorkspace(sandbox, 'juniper', 'juniper', {
    timeZone: 'America/Los_Angeles',
  });
  const { baseUrl, loginUrl } = sandbox.dynamics365;
  const crm = await createConnection({
    tenantId: tenant.id,
    provider: 'dynamics-365',
    settings: { baseUrl, loginUrl, tenantId: org.tenant, clientId: org.clientId },
    secrets: { clientSecret: org.clientSecret },
  });
  for (const { id } of [connection, crm])
    await syncConnection({ tenantId: tenant.id, connectionId: id, trigger: 'cli' });
  await createUser({ email: 'ann@juniper.test', password, tenantSlug: 'juniper', role: 'member' });
  web = await startWeb(db.url);
  member = await web.signIn('ann@juniper.test');
});
// More exports than one person may ask for in so short a time.
beforeEach(() => db.query('delete from rate_limits'));
afterAll(async () => {
  await web?.stop();
  await sandbox?.close();
});

/** A page, with the redirect to its clean address followed. */
async function open(path: string): Promise<Page> {
  const page = await readPage(member, path);
  if (page.status !== 302) return page;
  const { headers } = await member.fetch(path);
  return readPage(member, headers.get('location') ?? '');
}
const toNumber = (text: string): number => Number(text.replaceAll(/[^\d.-]/g, ''));

/** The number of rows that the list of a page says it has. */
function readTotal({ root }: Page): number {
  const [pager] = findAll(root, '.pager');
  return pager === undefined ? 0 : toNumber(readText(pager).replace(/^.* of /, ''));
}

type Line = Record<string, string>;

/** The rows behind a link: as its page counts them, and as its export has them. */
async function follow(href: string): Promise<{ total: number; lines: Line[] }> {
  const page = await open(href);
  expect(page.status, href).toBe(200);
  const links = findAll(page.root, 'a').map(({ attributes }) => attributes['href'] ?? '');
  const csv = links.find((link) => /\.csv(\?|$)/.test(link));
  expect(csv, href).toBeDefined();
  const text = await member.text(csv ?? '');
  return { total: readTotal(page), lines: parse(text, { columns: true }) as Line[] };
}

async function expectRows(href: string | undefined, count: string, what: string): Promise<void> {
  expect(href, what).toBeDefined();
  const { total, lines } = await follow(href ?? '');
  expect([total, lines.length], `${what}: ${href}`).toEqual([toNumber(count), toNumber(count)]);
}

const sumColumn = (lines: Line[], column: string): number =>
  lines.reduce((sum, line) => sum + Math.round(Number(line[column] ?? '') * 100), 0) / 100;

const hrefOf = (cell: Element | undefined): string | undefined =>
  cell && findAll(cell, 'a')[0]?.attributes['href'];

const periods = ['', '?period=90d', '?period=12m&compare=previous'];
const withQuery = (path: string, query: string) =>
  `/w/juniper/${path}${path.includes('?') ? query.replace('?', '&') : query}`;

/** What each money figure sums over the rows behind its link. */
const sums: Record<string, (lines: Line[]) => number> = {
  'Pipeline value': (lines) => sumColumn(lines, 'Value (USD)'),
  'Total Pipeline Value': (lines) => sumColumn(lines, 'Value (USD)'),
  'Average Deal Size': (lines) => {
    const valued = lines.filter((line) => line['Value (USD)'] !== '');
    return valued.length === 0 ? 0 : sumColumn(valued, 'Value (USD)') / valued.length;
  },
  'Weighted IFF': (lines) => sumColumn(lines, 'Weighted IFF (USD)'),
};

describe.each(periods)('figures of a page, %s', (query) => {
  it.each(['dashboard', 'leads?filters=none', 'leads?qualified=yes', 'pipeline', 'hot-list'])(
    'are the rows behind them: %s',
    async (path) => {
      for (const [label, kpi] of Object.entries(readKpis(await open(withQuery(path, query))))) {
        // A count of bars or stages: their own tests follow.
        if (['Lead Sources', 'Stage Count'].includes(label)) continue;
        const href = kpi.href?.startsWith('#') ? withQuery(path, query) : kpi.href;
        const sum = sums[label];
        if (sum === undefined) await expectRows(href, kpi.value, label);
        else {
          const { lines } = await follow(href ?? '');
          expect(toNumber(kpi.exact), `${label}: ${href}`).toBeCloseTo(sum(lines), 2);
        }
      }
    },
  );

  it('of charts are the rows behind each bar', async () => {
    const page = await open(withQuery('dashboard', query));
    for (const id of ['trend', 'by-source'])
      for (const [label, value] of readCells(page, id).slice(0, 15))
        await expectRows(
          hrefOf(label),
          readText(value as Element),
          `${id} ${readText(label as Element)}`,
        );
    for (const id of ['by-stage', 'by-stage-2']) {
      const bars = readCells(page, id);
      expect(bars.length, id).toBeGreaterThan(1);
      for (const [label, value] of bars) {
        const [, count = ''] = readText(value as Element).split(' · ');
        await expectRows(hrefOf(label), count, `${id} ${readText(label as Element)}`);
      }
    }
  });

  it('of the stages are the rows behind each cell, and add up to the totals', async () => {
    const rows = readCells(await open(withQuery('pipeline', query)), 'stages');
    const compared = query.includes('compare');
    const stuckColumn = compared ? 6 : 5;
    const totals = { count: 0, value: 0 };
    for (const row of rows) {
      const [name, count, value] = row.map(readText);
      if (count === undefined) continue;
      const { total, lines } = await follow(hrefOf(row[1]) ?? '');
      expect([total, lines.length], name).toEqual([toNumber(count), toNumber(count)]);
      if (name !== 'Total') {
        totals.count += total;
        totals.value += sumColumn(lines, 'Value (USD)');
        expect(toNumber(row[2]?.attributes['title'] ?? ''), name).toBeCloseTo(
          sumColumn(lines, 'Value (USD)'),
          2,
        );
      } else expect([total, toNumber(value ?? '')]).toEqual([totals.count, totals.value]);
      const stuck = row[stuckColumn];
      if (hrefOf(stuck))
        await expectRows(hrefOf(stuck), readText(stuck as Element), `${name} stuck`);
    }
    expect(rows.filter((row) => row.length === 1)).toHaveLength(2);
  });

  it('of each outcome are the rows behind it', async () => {
    const page = await open(withQuery('pipeline', query));
    const choices = findAll(page.root, 'nav').filter(
      ({ attributes }) => attributes['aria-label'] === 'Outcome',
    );
    const links = findAll(choices[0] as Element, 'a');
    expect(links).toHaveLength(4);
    for (const link of links)
      await expectRows(link.attributes['href'], readText(link), readText(link));
  });

  it('are what the API says', async () => {
    const kpis = readKpis(await open(withQuery('leads?filters=none', query)));
    const { body } = await member.json<{
      total: { value: number };
      qualified: { value: number };
      sources: { value: number };
      bySource: { key: string; count: number }[];
    }>(`/api/dashboard/leads?tenant=juniper${query.replace('?', '&')}`);
    expect([body.total.value, body.qualified.value, body.sources.value]).toEqual(
      ['Total Leads', 'Qualified Leads', 'Lead Sources'].map((label) =>
        toNumber(kpis[label]?.value ?? ''),
      ),
    );
    expect(body.bySource.filter(({ key }) => key !== '')).toHaveLength(body.sources.value);
    const { body: list } = await member.json<{ total: number }>(
      '/api/leads?tenant=juniper&limit=1',
    );
    if (query === '') expect(list.total).toBe(body.total.value);
  });
});

it('the board shows the most valuable deals of every stage that holds any', async () => {
  const page = await open('/w/juniper/pipeline?view=board');
  const lanes = findAll(page.root, '.lane');
  expect(lanes.length).toBeGreaterThan(5);
  for (const lane of lanes) {
    const count = toNumber(readText(find(find(lane, 'header'), 'span')).split(' · ')[0] ?? '');
    const cards = findAll(lane, 'li');
    expect(cards.length, lane.attributes['aria-label']).toBe(Math.min(count, 5));
    if (count === 0) continue;
    const { lines } = await follow(hrefOf(find(lane, 'header')) ?? '');
    expect(cards.map((card) => readText(find(card, 'span')))).toEqual(
      lines.slice(0, 5).map((line) => line['Name']),
    );
  }
});
