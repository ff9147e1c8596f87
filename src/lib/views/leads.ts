import { z } from 'zod';
import { countLeads, leadPage, leadSortKeys, type LeadFilter } from '../entities/lead/queries.ts';
import { isStorable } from '../entities/text.ts';
import type { Period } from '../period.ts';
import type { Tx } from '../platform/db/pool.ts';
import { noSource } from '../rollups/lead-metrics/compute.ts';
import { leadCounts, undatedLeads, type KeyCount } from '../rollups/lead-metrics/queries.ts';
import { readTenant } from '../tenancy/with-tenant.ts';
import type { LeadRow, LeadsView, Share, Slice } from './types.ts';
import { figure, pageSize, type Workspace } from './workspace.ts';

export type { LeadFilter } from '../entities/lead/queries.ts';

/** Counting stops here when no rollup knows the answer. */
const countedAtMost = 10_000;

const text = z.string().trim().max(200).refine(isStorable).optional().catch(undefined);
const filterForm = z.object({
  source: text,
  status: text.transform((value) => value || undefined),
  qualified: z.enum(['yes', 'no']).transform((value) => value === 'yes').optional().catch(undefined),
  search: text.transform((value) => value || undefined),
  sort: z.enum(leadSortKeys).catch('created'),
  direction: z.enum(['asc', 'desc']).catch('desc'),
  cursor: z.string().max(2_000).optional().catch(undefined),
});

/** Reads the filter of the lead table from a URL. What cannot be read counts as not given. */
export function parseLeadFilter(params: URLSearchParams): LeadFilter {
  const given = Object.fromEntries(params);
  return filterForm.parse({ ...given, search: given['search'] ?? given['q'] });
}

/** Everything on the Leads page, as of one moment. */
export function leadsView({ tenant }: Workspace, period: Period, filter: LeadFilter): Promise<LeadsView> {
  return readTenant(tenant.id, async (tx) => {
    const counts = await leadBreakdowns(tx, tenant.id, period);
    const undated = await undatedLeads(tx, tenant.id);
    const leads = await leadSlice(tx, tenant.id, period, filter, counts);
    return { ...leadFigures(period, counts), ...leadShares(period, counts), undated, leads };
  }, { mayLag: true });
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
    sources: figure(period, known.filter(({ count }) => count > 0).length, known.filter(({ previous }) => previous > 0).length),
  };
}

const sum = (rows: KeyCount[], field: 'count' | 'previous') => rows.reduce((total, row) => total + row[field], 0);

/** The breakdowns as bars and slices. */
export function leadShares(period: Period, { source, status }: LeadBreakdowns): { bySource: Share[]; byStatus: Share[] } {
  const share = ({ key, count, previous }: KeyCount): Share => ({ key, label: key === noSource ? 'No source' : key, count, previous: period.compare === 'none' ? null : previous });
  return { bySource: source.map(share), byStatus: status.map(share) };
}

async function leadSlice(tx: Tx, tenantId: string, period: Period, filter: LeadFilter, counts: LeadBreakdowns): Promise<Slice<LeadRow>> {
  const page = await leadPage(tx, tenantId, period, filter, pageSize);
  const rows = page.rows.map(({ sortValue: _sortValue, ...row }) => row);
  const known = countFromRollup(filter, counts);
  if (known !== undefined) return { ...page, rows, total: known, totalIsFloor: false };
  const total = await countLeads(tx, tenantId, period, filter, countedAtMost);
  return { ...page, rows, total, totalIsFloor: total === countedAtMost };
}

/** A rollup knows the count as long as the filter asks for one dimension at most. */
function countFromRollup({ source, status, qualified, search }: LeadFilter, counts: LeadBreakdowns): number | undefined {
  if (search !== undefined) return undefined;
  const asked = [source, status, qualified].filter((value) => value !== undefined).length;
  if (asked > 1) return undefined;
  if (asked === 0) return sum(counts.qualified, 'count');
  const of = (rows: KeyCount[], key: string) => rows.find((row) => row.key === key)?.count ?? 0;
  if (source !== undefined) return of(counts.source, source);
  return status === undefined ? of(counts.qualified, qualified === true ? 'yes' : 'no') : of(counts.status, status);
}
