import { countMatch, matchLeads, pageOfMatch, type LeadFilter } from '../entities/lead/queries.ts';
import type { Period } from '../platform/period.ts';
import type { Tx } from '../platform/db/pool.ts';
import { noSource } from '../summaries/lead-metrics/compute.ts';
import { leadCounts, undatedLeads, type KeyCount } from '../summaries/lead-metrics/queries.ts';
import { readTenant } from '../identity/tenancy/with-tenant.ts';
import { leadFilterNames } from '../entities/lead/filter.ts';
import type { LeadRow, LeadsView, Share, Slice } from './types.ts';
import { figure, pageSize, type Workspace } from './workspace.ts';

/**
 * Counting stops here when no rollup knows the answer: sooner in a large workspace, where each hit
 * lies on a page of its own.
 */
const countedAtMost = (leads: number) => (leads > 100_000 ? 500 : 10_000);

/** Everything on the Leads page, as of one moment. */
export function leadsView(
  { tenant }: Workspace,
  period: Period,
  filter: LeadFilter,
): Promise<LeadsView> {
  return readTenant(
    tenant.id,
    async (tx) => {
      const counts = await leadBreakdowns(tx, tenant.id, period);
      const undated = await undatedLeads(tx, tenant.id);
      const leads = await leadSlice(tx, tenant.id, period, filter, counts);
      return { ...leadFigures(period, counts), ...leadShares(period, counts), undated, leads };
    },
    { mayLag: true },
  );
}

export interface LeadBreakdowns {
  source: KeyCount[];
  status: KeyCount[];
  qualified: KeyCount[];
}

export function leadBreakdowns(tx: Tx, tenantId: string, period: Period): Promise<LeadBreakdowns> {
  return leadCounts(tx, tenantId, period);
}

/** The key figures of the leads of a period. */
export function leadFigures(period: Period, { source, qualified }: LeadBreakdowns) {
  const yes = qualified.find(({ key }) => key === 'yes');
  const known = source.filter(({ key }) => key !== noSource);
  return {
    total: figure(period, sum(qualified, 'count'), sum(qualified, 'previous')),
    qualified: figure(period, yes?.count ?? 0, yes?.previous ?? 0),
    sources: figure(
      period,
      known.filter(({ count }) => count > 0).length,
      known.filter(({ previous }) => previous > 0).length,
    ),
  };
}

const sum = (rows: KeyCount[], field: 'count' | 'previous') =>
  rows.reduce((total, row) => total + row[field], 0);

/** The breakdowns as bars and slices. */
export function leadShares(
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

async function leadSlice(
  tx: Tx,
  tenantId: string,
  period: Period,
  filter: LeadFilter,
  counts: LeadBreakdowns,
): Promise<Slice<LeadRow>> {
  const known = countFromRollup(filter, counts);
  return listLeads(tx, tenantId, period, filter, {
    size: pageSize,
    known,
    most: countedAtMost(sum(counts.qualified, 'count')),
  });
}

interface Extent {
  /** Rows of a page. */
  size: number;
  /** How many leads there are, where that is known already. */
  known?: number | undefined;
  /** Counting stops here. */
  most?: number;
}

/** The leads that meet a filter, from its cursor on, and how many there are. */
export async function listLeads(
  tx: Tx,
  tenantId: string,
  period: Period,
  filter: LeadFilter,
  { size, known, most = 10_000 }: Extent,
): Promise<Slice<LeadRow>> {
  const match = await matchLeads(tx, tenantId, period, filter);
  const page = await pageOfMatch(tx, match, filter, size);
  const rows = page.rows.map(({ sortValue: _sortValue, ...row }) => row);
  if (known !== undefined) return { ...page, rows, total: known, totalIsFloor: false };
  if (match.atLeast === undefined) return { ...page, rows, ...(await countMatch(tx, match, most)) };
  // Hits of common words are many or rare among others: to count them could mean to look at every
  // lead.
  const seen = rows.length + (page.next === null ? 0 : 1);
  const whole = page.next === null && page.previous === null;
  return {
    ...page,
    rows,
    total: whole ? rows.length : Math.max(seen, match.atLeast),
    totalIsFloor: !whole,
  };
}

/** A rollup knows the count as long as the filter asks for one dimension at most. */
function countFromRollup(filter: LeadFilter, counts: LeadBreakdowns): number | undefined {
  const asked = leadFilterNames.filter((name) => filter[name] !== undefined);
  const [only] = asked;
  if (only === undefined) return sum(counts.qualified, 'count');
  if (asked.length > 1) return undefined;
  const of = (rows: KeyCount[], key: string) => rows.find((row) => row.key === key)?.count ?? 0;
  if (only === 'source') return of(counts.source, filter.source ?? '');
  if (only === 'status') return of(counts.status, filter.status ?? '');
  return only === 'qualified'
    ? of(counts.qualified, filter.qualified === true ? 'yes' : 'no')
    : undefined;
}
