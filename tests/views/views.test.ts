import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rowsAccount, startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { allTime, parsePeriod } from '#lib/platform/period.ts';
import { syncConnection } from '#lib/ingest/sync-connection.ts';
import { getHotListView } from '../../src/lib/views/hot-list.ts';
import { getLeadsView } from '#lib/views/leads.ts';
import { parseLeadFilter } from '#lib/entities/lead/filter.ts';
import { parseNotesRequest } from '../../src/lib/views/notes.ts';
import { getOverviewView } from '../../src/lib/views/overview.ts';
import { parsePipelineFilter, getPipelineView } from '../../src/lib/views/pipeline.ts';
import { useDatabase } from '../helpers/database.ts';
import { client, opportunity } from '../helpers/rows.ts';
import { createWorkspace, type Workspace } from '../helpers/workspace.ts';

useDatabase();
let sandbox: Sandbox;
let workspace: Workspace;

const leads = Array.from({ length: 130 }, (_, index) =>
  client(1000 + index, {
    lastName: `N${String(index).padStart(3, '0')}`,
    created: index % 10 === 0 ? '0000-00-00 00:00:00' : `2026-0${1 + (index % 6)}-15 10:00:00`,
    clients_lead_source: ['Website', 'website', 'Referral', 'Select', ''][index % 5],
    clients_sales_cycle: index % 3 === 0 ? '' : 'Initial Call Complete',
    deal_size: index % 4 === 0 ? String(index * 1000) : '',
  }),
);
const opportunities = Array.from({ length: 120 }, (_, index) =>
  opportunity(5000 + index, {
    contact_sales_cycle: ['Prospecting', 'Engaging', 'Won', 'Lost'][index % 4],
    deal_size: String(1000 * (index + 1)),
    last_modified_date: '2026-01-01 00:00:00',
  }),
);

beforeAll(async () => {
  const account = rowsAccount({
    name: 'fixed',
    webKey: 'CT_1',
    accessToken: 'token-one',
    rows: { clients: leads, opportunities },
  });
  sandbox = await startSandbox({ accounts: [account], now: Date.UTC(2026, 10, 20) });
  workspace = await createWorkspace(sandbox, 'fixed');
  const report = await syncConnection({
    tenantId: workspace.tenant.id,
    connectionId: workspace.connection.id,
    trigger: 'cli',
  });
  expect(report.errorMessage).toBeNull();
});
afterAll(() => sandbox.close());

/** Follows "next" from the first page to the end, then "previous" back to the start. */
async function walk(
  read: (
    cursor: string | undefined,
  ) => Promise<{ rows: { id: string }[]; next: string | null; previous: string | null }>,
) {
  const pages: string[][] = [];
  let at = await read(undefined);
  for (;;) {
    pages.push(at.rows.map((row) => row.id));
    if (at.next === null) break;
    at = await read(at.next);
  }
  const back: string[][] = [pages.at(-1) ?? []];
  while (at.previous !== null) {
    at = await read(at.previous);
    back.unshift(at.rows.map((row) => row.id));
  }
  return { pages, back };
}

describe('the lead table', () => {
  it.each(['created', 'name', 'value', 'updated'])(
    'pages through every lead once, there and back, by %s',
    async (sort) => {
      for (const direction of ['asc', 'desc']) {
        const filter = (cursor?: string) =>
          parseLeadFilter(new URLSearchParams({ sort, direction, ...(cursor ? { cursor } : {}) }));
        const { pages, back } = await walk(
          async (cursor) => (await getLeadsView(workspace, allTime, filter(cursor))).leads,
        );
        expect(new Set(pages.flat()).size).toBe(130);
        expect(pages.flat()).toHaveLength(130);
        expect(back).toEqual(pages);
      }
    },
  );

  it('has a figure, a breakdown and rows that agree under every filter', async () => {
    for (const params of [
      {},
      { source: 'Website' },
      { source: '' },
      { status: 'New Lead' },
      { qualified: 'yes' },
      { source: 'Referral', qualified: 'yes' },
      { search: 'n01' },
      { period: 'custom', from: '2026-02-01', to: '2026-03-31' },
    ]) {
      const search = new URLSearchParams(params as Record<string, string>);
      const period = parsePeriod(search, '2026-11-20');
      const { pages } = await walk(async (cursor) => {
        if (cursor !== undefined) search.set('cursor', cursor);
        return (await getLeadsView(workspace, period, parseLeadFilter(search))).leads;
      });
      search.delete('cursor');
      const view = await getLeadsView(workspace, period, parseLeadFilter(search));
      expect(view.leads.total, search.toString()).toBe(pages.flat().length);
      expect(view.bySource.reduce((sum, share) => sum + share.count, 0)).toBe(view.total.value);
      expect(view.byStatus.reduce((sum, share) => sum + share.count, 0)).toBe(view.total.value);
    }
  });

  it('counts undated leads in all time only, and says how many', async () => {
    const all = await getLeadsView(workspace, allTime, parseLeadFilter(new URLSearchParams()));
    expect([all.total.value, all.undated, all.sources.value]).toEqual([130, 13, 2]);
    const year = await getLeadsView(
      workspace,
      parsePeriod(new URLSearchParams({ period: 'ytd' }), '2026-11-20'),
      parseLeadFilter(new URLSearchParams()),
    );
    expect(year.total.value).toBe(117);
  });

  it('takes rubbish in the address as not given', async () => {
    for (const cursor of [
      'x',
      'WzFd',
      Buffer.from('["after","zzz","01a1fc74-ee32-7366-8c7b-83cb36e535f7"]').toString('base64url'),
      '\u0000',
    ]) {
      const view = await getLeadsView(
        workspace,
        allTime,
        parseLeadFilter(
          new URLSearchParams({ cursor, sort: 'x', direction: 'y', search: '\u0000' }),
        ),
      );
      expect(view.leads.rows).toHaveLength(50);
    }
  });
});

describe('pipeline and hot list', () => {
  it('page through every row once, there and back', async () => {
    for (const sort of ['value', 'entered']) {
      const pipeline = await walk(
        async (cursor) =>
          (
            await getPipelineView(
              workspace,
              allTime,
              parsePipelineFilter(
                new URLSearchParams({ sort, outcome: 'all', ...(cursor ? { cursor } : {}) }),
              ),
            )
          ).opportunities,
      );
      expect(new Set(pipeline.pages.flat()).size).toBe(120);
      expect(pipeline.back).toEqual(pipeline.pages);
    }
    const hot = await walk(async (cursor) => (await getHotListView(workspace, { cursor })).items);
    expect(new Set(hot.pages.flat()).size).toBe(60);
    expect(hot.back).toEqual(hot.pages);
  });

  it('say what the rows say', async () => {
    const view = await getPipelineView(
      workspace,
      allTime,
      parsePipelineFilter(new URLSearchParams()),
      new Date('2026-11-20T00:00:00Z'),
    );
    const sumOf = (...stages: string[]) =>
      opportunities
        .filter((row) => stages.includes(row.contact_sales_cycle))
        .reduce((sum, row) => sum + Number(row.deal_size), 0);
    expect([view.openValue.value, view.wonValue]).toEqual([
      sumOf('Prospecting', 'Engaging'),
      sumOf('Won'),
    ]);
    expect(view.averageDeal.value).toBe(view.openValue.value / 60);
    expect(view.outcomes).toEqual({ open: 60, won: 30, lost: 30, all: 120 });
    expect([view.opportunities.total, view.board]).toEqual([60, null]);
    expect(
      view.pipelines
        .flatMap(({ stages }) => stages)
        .filter(({ count }) => count > 0)
        .map(({ stage, count, outcome, stuck }) => [stage, count, outcome, stuck]),
    ).toEqual([
      ['Prospecting', 30, 'open', 30],
      ['Engaging', 30, 'open', 30],
      ['Won', 30, 'won', 0],
      ['Lost', 30, 'lost', 0],
    ]);
    const stuck = await getPipelineView(
      workspace,
      allTime,
      parsePipelineFilter(new URLSearchParams({ stuck: '1', stage: 'Engaging' })),
      new Date('2026-11-20T00:00:00Z'),
    );
    expect([stuck.opportunities.total, stuck.opportunities.rows.length]).toEqual([30, 30]);
  });

  it('count in no conversion who has left the way forward', async () => {
    const { pipelines } = await getPipelineView(
      workspace,
      allTime,
      parsePipelineFilter(new URLSearchParams()),
    );
    const conversions = Object.fromEntries(
      pipelines.flatMap(({ stages }) => stages.map(({ stage, conversion }) => [stage, conversion])),
    );
    // 30 engage and 30 are won out of 90 who were prospects; what became of the lost is not known.
    expect([conversions['Engaging'], conversions['Won'], conversions['Lost']]).toEqual([
      60 / 90,
      30 / 60,
      null,
    ]);
  });

  it('rank the hot list by units x fee x likelihood, and the dashboard sums it', async () => {
    const { items, totalWeighted } = await getHotListView(workspace, {});
    for (const row of items.rows)
      expect(row.weightedIff).toBeCloseTo((row.units * row.franchiseFee * row.likelyPct) / 100, 2);
    expect(items.rows.map((row) => row.weightedIff)).toEqual(
      items.rows.map((row) => row.weightedIff).toSorted((one, other) => other - one),
    );
    const overview = await getOverviewView(workspace, allTime, new Date('2026-11-20T00:00:00Z'));
    expect(overview.weightedIff).toBeCloseTo(totalWeighted, 2);
    expect(overview.hotList).toHaveLength(5);
  });
});

describe('notes', () => {
  it('show as many as a page can hold when the address asks for more', () => {
    const limit = (text: string) => parseNotesRequest(new URLSearchParams({ limit: text })).limit;
    expect([limit('50'), limit('550'), limit('-1'), limit('x'), limit('')]).toEqual([
      50, 500, 50, 50, 50,
    ]);
  });
});
