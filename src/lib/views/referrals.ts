import { z } from 'zod';
import {
  listCommonDomains,
  countReferrals,
  findReferral,
  countReferralsByType,
  selectReferralPage,
  referralSortKeys,
  type ReferralFilter,
} from '../entities/referral/queries.ts';
import { referralTypes } from '../records/referral.ts';
import type { Period } from '../platform/period.ts';
import type { Tx } from '../platform/db/pool.ts';
import { Problem } from '../platform/errors.ts';
import { isId } from '../platform/id.ts';
import { getProvider } from '../connectors/registry.ts';
import { readTenant } from '../identity/tenancy/with-tenant.ts';
import { listCursor, searchText } from './filter-fields.ts';
import type { ReferralDetail, ReferralRow, ReferralsView, Share, Slice } from './types.ts';
import { toFigure, pageSize, type Workspace } from './workspace.ts';

/** The most domains offered as filters; a click on a domain in the list filters by any other. */
const maxDomains = 30;

const filterSchema = z.object({
  type: z.enum(referralTypes).optional().catch(undefined),
  status: searchText,
  domain: searchText,
  search: searchText,
  sort: z.enum(referralSortKeys).catch('updated'),
  direction: z.enum(['asc', 'desc']).catch('desc'),
  cursor: listCursor,
});
export type ReferralsRequest = z.output<typeof filterSchema>;

/** Parses the filter of the referrals from a URL. Invalid values count as absent. */
export function parseReferralFilter(params: URLSearchParams): ReferralsRequest {
  return filterSchema.parse(Object.fromEntries(params));
}

/** Everything on the Referrals page, as of one moment. */
export function getReferralsView(
  { tenant }: Workspace,
  period: Period,
  request: ReferralsRequest,
): Promise<ReferralsView> {
  return readTenant(
    tenant.id,
    async (tx) => {
      const { cursor, ...filter } = request;
      const inPeriod = { ...filter, from: period.from, to: period.to };
      const [counts, domains, referrals] = await Promise.all([
        countReferralsByType(tx, tenant.id, period),
        listCommonDomains(tx, tenant.id, period, maxDomains),
        readReferralSlice(tx, tenant.id, inPeriod, cursor, pageSize),
      ]);
      return {
        ...toFigures(period, counts),
        byType: toShares(counts, 'type'),
        byStatus: toShares(counts, 'status'),
        domains,
        referrals,
      };
    },
    { mayLag: true },
  );
}

/** Reads the matching referrals from a cursor on, and counts all of them. */
export async function readReferralSlice(
  tx: Tx,
  tenantId: string,
  filter: ReferralFilter,
  cursor: string | undefined,
  size: number,
): Promise<Slice<ReferralRow>> {
  const [page, total] = await Promise.all([
    selectReferralPage(tx, tenantId, filter, cursor, size),
    countReferrals(tx, tenantId, filter),
  ]);
  return { ...page, total, totalIsFloor: false };
}

/** Reads one referral. Throws Problem `not_found`, also for a referral of another tenant. */
export async function getReferralView({ tenant }: Workspace, id: string): Promise<ReferralDetail> {
  const found = isId(id)
    ? await readTenant(tenant.id, (tx) => findReferral(tx, tenant.id, id), { mayLag: true })
    : undefined;
  if (found === undefined)
    throw new Problem(
      'not_found',
      'This referral does not exist. It may have been deleted at its source.',
    );
  const { provider, ...referral } = found;
  return { ...referral, source: getProvider(provider).label };
}

type Counts = Awaited<ReturnType<typeof countReferralsByType>>;

function toFigures(period: Period, counts: Counts) {
  const sumFigure = (rows: Counts) =>
    toFigure(period, sumField(rows, 'count'), sumField(rows, 'previous'));
  const sumStatus = (status: string) => sumFigure(counts.filter((row) => row.status === status));
  return { total: sumFigure(counts), fresh: sumStatus('New'), active: sumStatus('Active') };
}

const sumField = (rows: Counts, field: 'count' | 'previous') =>
  rows.reduce((all, row) => all + row[field], 0);

/** Counts the values of a field, most frequent first. */
function toShares(counts: Counts, field: 'type' | 'status'): Share[] {
  return [...Map.groupBy(counts, (row) => row[field])]
    .map(([key, rows]) => ({ key, label: key, count: sumField(rows, 'count'), previous: null }))
    .toSorted((a, b) => b.count - a.count || a.key.localeCompare(b.key));
}
