import { describe, expect, it } from 'vitest';
import { addDays } from '#lib/platform/period.ts';
import { useDatabase } from '../helpers/database.ts';
import { allowForLoad } from '../helpers/patience.ts';
import { useApi } from './fixtures.ts';

allowForLoad();
const db = useDatabase();
const api = useApi(db.url);

/** Periods whose days no record can carry, and that a calendar, PostgreSQL or a loop refuses. */
const unreadable = [
  'period=custom&from=9999-12-20&to=9999-12-31',
  'period=custom&from=0000-01-01&to=2026-01-01',
  'period=custom&from=0001-01-01&to=2026-01-01&compare=year',
  'period=custom&from=1000-01-01&to=2026-01-01&compare=previous',
  'period=custom&from=0001-01-01&to=2026-11-30',
  'period=custom&from=2026-01-01&to=9999-12-31',
  'period=custom&from=+010000-01-01&to=2026-01-01',
  'period=custom&from=-000001-01-01&to=2026-01-01&compare=year',
];
const whole = 'period=custom&from=1900-01-01&to=2200-12-31';
/** Cursors of times that no clock shows, in lists by time. */
const cursors = ['2026-13-01 00:00:00+00', '2026-02-30 00:00:00+00', '0000-01-01 00:00:00+00'].map(
  (time) =>
    Buffer.from(JSON.stringify(['after', time, '01a22c91-e76b-7f67-bc52-d5251f6b48c7'])).toString(
      'base64url',
    ),
);
const pages = ['dashboard', 'leads', 'pipeline', 'referrals'];
const lists = ['leads', 'pipeline', 'referrals', 'hot-list', 'notes', 'schedule', 'pushes'];

const open = async (path: string) => {
  const response = await api.viewer.fetch(`/w/north/${path}`);
  return { status: response.status, text: await response.text() };
};

/** The bars of the chart of new leads, and its title. */
async function readTrend(query: string) {
  const { status, text } = await open(`dashboard?${query}`);
  expect(status, query).toBe(200);
  const items = /id="trend"[^>]* data-items="([^"]*)"/.exec(text)?.[1] ?? '[]';
  const plain = items.replaceAll('&quot;', '"').replaceAll('&#34;', '"').replaceAll('&amp;', '&');
  const bars = (JSON.parse(plain) as { label: string; value: number; href: string }[]).map(
    ({ href, ...bar }) => {
      const params = new URL(href, api.web.url).searchParams;
      return { ...bar, from: params.get('from') ?? '', to: params.get('to') ?? '' };
    },
  );
  return { title: /New leads (?:by|in) [a-z ]+/.exec(text)?.[0], bars };
}

const countLeads = async (condition: string) =>
  (
    await db.query<{ count: number }>(
      `select count(*)::int as count from leads where tenant_id = $1 and ${condition}`,
      [api.north.tenant.id],
    )
  )[0]?.count;

describe('a period that cannot be read', () => {
  it.each(unreadable)('counts as not given on pages and in exports: %s', async (query) => {
    for (const page of pages) {
      const { status, text } = await open(`${page}?${query}`);
      expect([page, status]).toEqual([page, 200]);
      if (page === 'dashboard') expect(text).toContain('All time');
    }
    const all = await open('leads.csv');
    for (const list of ['leads', 'pipeline', 'referrals']) {
      const { status, text } = await open(`${list}.csv?${query}`);
      expect([list, status]).toEqual([list, 200]);
      if (list === 'leads') expect(text).toBe(all.text);
    }
  });

  it.each(unreadable)('is a clear problem in the API: %s', async (query) => {
    for (const path of ['/api/leads', '/api/dashboard/leads']) {
      const own = path === '/api/leads' ? query.replace(/&compare=\w+/, '') : query;
      const { status, body } = await api.viewer.json(`${path}?tenant=north&${own}`);
      expect([path, status, body]).toMatchObject([
        path,
        400,
        { error: { code: 'bad_request', details: { fields: {} } } },
      ]);
    }
  });

  it('stops nobody else', async () => {
    const [page, health] = await Promise.all([
      open(`dashboard?${unreadable[0]}`),
      api.web.visitor().fetch('/healthz'),
    ]);
    expect([page.status, health.status]).toEqual([200, 200]);
  });
});

describe('the widest period', () => {
  it.each(['', '&compare=previous', '&compare=year'])('opens everywhere: %s', async (compare) => {
    for (const page of [...pages, 'leads.csv', 'pipeline.csv', 'referrals.csv', 'leads.xlsx'])
      expect([page, (await open(`${page}?${whole}${compare}`)).status]).toEqual([page, 200]);
    const { status, body } = await api.viewer.json(
      `/api/dashboard/leads?tenant=north&${whole}${compare}`,
    );
    expect([status, body['total']]).toMatchObject([
      200,
      { value: await countLeads('created_on is not null') },
    ]);
  });
});

describe('the chart of new leads', () => {
  it.each([
    [whole, 'in spans of five years'],
    ['period=custom&from=1980-02-03&to=2026-12-31', 'by year'],
    ['period=custom&from=2018-02-03&to=2026-12-31', 'by quarter'],
    ['period=custom&from=2025-02-03&to=2026-12-31', 'by month'],
    ['period=custom&from=2026-03-15&to=2026-05-14', 'by week'],
    ['period=custom&from=2026-03-10&to=2026-04-09', 'by day'],
  ])('of %s counts %s every lead once', async (query, unit) => {
    const { title, bars } = await readTrend(query);
    const params = new URLSearchParams(query);
    expect(title).toBe(`New leads ${unit}`);
    expect(bars.length).toBeLessThanOrEqual(62);
    expect([bars[0]?.from, bars.at(-1)?.to]).toEqual([params.get('from'), params.get('to')]);
    bars.slice(1).forEach(({ from }, index) => {
      expect(from).toBe(addDays(bars[index]?.to ?? '', 1));
    });
    for (const { value, from, to } of bars)
      expect([from, value]).toEqual([
        from,
        await countLeads(`created_on between '${from}' and '${to}'`),
      ]);
    expect(bars.reduce((sum, { value }) => sum + value, 0)).toBeGreaterThan(0);
  });
});

describe('a cursor of a time that no clock shows', () => {
  it.each(lists)('leads to the first page of %s', async (list) => {
    for (const cursor of cursors) {
      expect([list, (await open(`${list}?cursor=${cursor}`)).status]).toEqual([list, 200]);
      expect((await open(`${list}.csv?cursor=${cursor}`)).status).toBe(200);
    }
  });
});
