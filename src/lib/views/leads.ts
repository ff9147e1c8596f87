import {
  countMatch,
  matchLeads,
  selectMatchPage,
  type LeadFilter,
} from '../entities/lead/queries.ts';
import type { Period } from '../platform/period.ts';
import type { Tx } from '../platform/db/pool.ts';
import { noSource } from '../summaries/lead-metrics/compute.ts';
import { countLeads, countUndatedLeads, type KeyCount } from '../summaries/lead-metrics/queries.ts';
import { readTenant } from '../identity/tenancy/with-tenant.ts';
import { leadFilterNames } from '../entities/lead/filter.ts';
import type { LeadRow, LeadsView, Share, Slice } from './types.ts';
import { toFigure, pageSize, type Workspace } from './workspace.ts';

/**
 * Counting stops here when no summary has the count: earlier in a large workspace, where each match
 * is on a database page of its own.
 */
const getCountLimit = (leads: number) => (leads > 100_000 ? 500 : 10_000);

/** Everything on the Leads page, as of one moment. */
export function getLeadsView(
  { tenant }: Workspace,
  period: Period,
  filter: LeadFilter,
): Promise<LeadsView> {
  return readTenant(
    tenant.id,
    async (tx) => {
      const counting = readLeadBreakdowns(tx, tenant.id, period);
      const [counts, undated, leads] = await Promise.all([
        counting,
        countUndatedLeads(tx, tenant.id),
        listLeads(tx, tenant.id, period, filter, {
          size: pageSize,
          counted: counting.then((found) => toExtent(filter, found)),
        }),
      ]);
      return { ...toLeadFigures(period, counts), ...toLeadShares(period, counts), undated, leads };
    },
    { mayLag: true },
  );
}

export interface LeadBreakdowns {
  source: KeyCount[];
  status: KeyCount[];
  qualified: KeyCount[];
}

export function readLeadBreakdowns(
  tx: Tx,
  tenantId: string,
  period: Period,
): Promise<LeadBreakdowns> {
  return countLeads(tx, tenantId, period);
}

/** Computes the key figures of the leads of a period. */
export function toLeadFigures(period: Period, { source, qualified }: LeadBreakdowns) {
  const yes = qualified.find(({ key }) => key === 'yes');
  const known = source.filter(({ key }) => key !== noSource);
  return {
    total: toFigure(period, sum(qualified, 'count'), sum(qualified, 'previous')),
    qualified: toFigure(period, yes?.count ?? 0, yes?.previous ?? 0),
    sources: toFigure(
      period,
      known.filter(({ count }) => count > 0).length,
      known.filter(({ previous }) => previous > 0).length,
    ),
  };
}

const sum = (rows: KeyCount[], field: 'count' | 'previous') =>
  rows.reduce((total, row) => total + row[field], 0);

/** Converts the breakdowns to the bars and slices of charts. */
export function toLeadShares(
  period: Period,
  { source, status }: LeadBreakdowns,
): { bySource: Share[]; byStatus: Share[] } {
  const share = ({ key, count, previous }: KeyCount): Share => ({
    key,
    label: key === noSource ? 'No source' : key,
    count,
    previous: period.compare === 'none' ? null : previous,
  });
  return { bySource: source.map(share), byStatus: status.map(share) };
}

const toExtent = (filter: LeadFilter, counts: LeadBreakdowns): Extent => ({
  known: countFromSummary(filter, counts),
  countLimit: getCountLimit(sum(counts.qualified, 'count')),
});

interface Extent {
  /** The total number of leads, if known already. */
  known?: number | undefined;
  /** Counting stops here. */
  countLimit: number;
}

interface ListOptions {
  /** The number of rows of a page. */
  size: number;
  /** What is being read about their number meanwhile. */
  counted?: Promise<Extent>;
}

/** When nothing is known about their number. */
const noExtent: Extent = { countLimit: 10_000 };

/**
 * Reads the leads that match a filter, from its cursor on, and counts them. The hits of common words
 * are not counted in a workspace that is too large for it.
 */
export async function listLeads(
  tx: Tx,
  tenantId: string,
  period: Period,
  filter: LeadFilter,
  { size, counted }: ListOptions,
): Promise<Slice<LeadRow>> {
  const asked = (await (filter.search === undefined ? undefined : counted)) ?? noExtent;
  const start = asked.countLimit < noExtent.countLimit ? { filter, size } : undefined;
  const match = await matchLeads(tx, tenantId, period, filter, start);
  const page = await selectMatchPage(tx, match, filter, size);
  const { known, countLimit } = (await counted) ?? noExtent;
  const rows = page.rows.map(({ sortValue: _sortValue, ...row }) => row);
  if (known !== undefined) return { ...page, rows, total: known, totalIsFloor: false };
  if (match.atLeast === undefined)
    return { ...page, rows, ...(await countMatch(tx, match, countLimit)) };
  // Matches of common words can be many, or rare in combination: an exact count could mean reading
  // every lead.
  const seen = rows.length + (page.next === null ? 0 : 1);
  const whole = page.next === null && page.previous === null;
  return {
    ...page,
    rows,
    total: whole ? rows.length : Math.max(seen, match.atLeast),
    totalIsFloor: !whole,
  };
}

/**
 * Takes the count from a summary, which has it as long as the filter uses at most one dimension.
 */
function countFromSummary(filter: LeadFilter, counts: LeadBreakdowns): number | undefined {
  const activeNames = leadFilterNames.filter((name) => filter[name] !== undefined);
  const [only] = activeNames;
  if (only === undefined) return sum(counts.qualified, 'count');
  if (activeNames.length > 1) return undefined;
  const findCount = (rows: KeyCount[], key: string) =>
    rows.find((row) => row.key === key)?.count ?? 0;
  if (only === 'source') return findCount(counts.source, filter.source ?? '');
  if (only === 'status') return findCount(counts.status, filter.status ?? '');
  return only === 'qualified'
    ? findCount(counts.qualified, filter.qualified === true ? 'yes' : 'no')
    : undefined;
}
