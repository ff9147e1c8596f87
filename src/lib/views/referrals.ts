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

/** Domains to choose from; others are found by a click on theirs. */
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

/** Reads the filter of the referrals from a URL. What cannot be read counts as not given. */
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
      const counts = await countReferralsByType(tx, tenant.id, period);
      const domains = await listCommonDomains(tx, tenant.id, period, maxDomains);
      const { cursor, ...filter } = request;
      const referrals = await readReferralSlice(
        tx,
        tenant.id,
        { ...filter, from: period.from, to: period.to },
        cursor,
        pageSize,
      );
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

/** The referrals that match, from a cursor on, and how many there are in all. */
export async function readReferralSlice(
  tx: Tx,
  tenantId: string,
  filter: ReferralFilter,
  cursor: string | undefined,
  size: number,
): Promise<Slice<ReferralRow>> {
  const page = await selectReferralPage(tx, tenantId, filter, cursor, size);
  return { ...page, total: await countReferrals(tx, tenantId, filter), totalIsFloor: false };
}

/**
 * One referral. Throws Problem `not_found`: one of another tenant is as absent as one that never
 * was.
 */
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

/** The values of a field, the most frequent first. */
function toShares(counts: Counts, field: 'type' | 'status'): Share[] {
  return [...Map.groupBy(counts, (row) => row[field])]
    .map(([key, rows]) => ({ key, label: key, count: sumField(rows, 'count'), previous: null }))
    .toSorted((a, b) => b.count - a.count || a.key.localeCompare(b.key));
}
