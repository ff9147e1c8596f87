import { and, desc, eq, gte, isNotNull, isNull, lte, sql, type SQL } from 'drizzle-orm';
import type { Period } from '../../platform/period.ts';
import { toLikePattern } from '../../platform/db/like.ts';
import type { Tx } from '../../platform/db/pool.ts';
import {
  isValidCursor,
  keysetPage,
  keysetQuery,
  nullsLowest,
  type Direction,
  type SortOrder,
} from '../../platform/db/keyset.ts';
import { parseDomainMatch } from './domain.ts';
import { referralFields, type ReferralRecord } from '../../records/referral.ts';
import { newestReferral, referrals } from '../../schema/referrals.ts';
import { selectShown } from '../select-fields.ts';

export const referralSortKeys = ['updated', 'created', 'name'] as const;
type ReferralSortKey = (typeof referralSortKeys)[number];

export interface ReferralFilter {
  type?: ReferralRecord['referralType'] | undefined;
  status?: string | undefined;
  /** As a person types it; see `parseDomainMatch`. */
  domain?: string | undefined;
  /** Text in the name or the company, ignoring case. */
  search?: string | undefined;
  /** First and last day of creation in the tenant's time zone; null or absent: no bound. */
  from?: string | null | undefined;
  to?: string | null | undefined;
  sort?: ReferralSortKey | undefined;
  direction?: Direction | undefined;
}

/**
 * Only `updated` has an index. The other orders sort all referrals of the tenant, which has a few
 * thousand at most.
 */
const orders: Record<ReferralSortKey, Omit<SortOrder, 'direction'>> = {
  updated: { expression: newestReferral, type: 'timestamptz' },
  created: { expression: nullsLowest(sql`source_created_at`), type: 'timestamptz' },
  name: { expression: sql`name`, type: 'text' },
};

const toSortOrder = ({ sort = 'updated', direction = 'desc' }: ReferralFilter): SortOrder => ({
  ...orders[sort],
  direction,
});

const listed = {
  id: referrals.id,
  externalId: referrals.externalId,
  ...selectShown(referrals, referralFields, 'list'),
};

/** One page of referrals, by default the most recently updated first. */
export async function selectReferralPage(
  tx: Tx,
  tenantId: string,
  filter: ReferralFilter,
  cursor: string | undefined,
  pageSize: number,
) {
  const order = toSortOrder(filter);
  const keyset = keysetQuery(order, sql`id`, cursor, pageSize);
  const rows = await tx
    .select({ ...listed, sortValue: keyset.sortValue })
    .from(referrals)
    .where(and(condition(tenantId, filter), keyset.where))
    .orderBy(keyset.orderBy)
    .limit(keyset.limit);
  return keysetPage(order, rows, cursor, pageSize);
}

/** Whether a cursor comes from a page in this order. */
export function isReferralCursor(filter: ReferralFilter, cursor: string): boolean {
  return isValidCursor(toSortOrder(filter), cursor);
}

export async function countReferrals(
  tx: Tx,
  tenantId: string,
  filter: ReferralFilter,
): Promise<number> {
  const [row] = await tx
    .select({ count: sql<number>`count(*)::int` })
    .from(referrals)
    .where(condition(tenantId, filter));
  return row?.count ?? 0;
}

/** One referral with all fields of its page; undefined when the tenant has none of that id. */
export async function findReferral(tx: Tx, tenantId: string, id: string) {
  const [row] = await tx
    .select({
      ...listed,
      ...selectShown(referrals, referralFields, 'detail'),
      provider: referrals.provider,
      firstSeenAt: referrals.firstSeenAt,
    })
    .from(referrals)
    .where(and(condition(tenantId, {}), eq(referrals.id, id)));
  return row;
}

/** The number of referrals by type and status, in the period and in its comparison period. */
export function countReferralsByType(
  tx: Tx,
  tenantId: string,
  { from, to, compareFrom, compareTo }: Period,
) {
  const within = (first: string | null, last: string | null) =>
    sql<number>`(count(*) filter (where ${whereCreatedWithin(first, last) ?? sql`true`}))::int`;
  return tx
    .select({
      type: referrals.referralType,
      status: referrals.status,
      count: within(from, to),
      previous: compareFrom === null ? sql<number>`0` : within(compareFrom, compareTo),
    })
    .from(referrals)
    .where(condition(tenantId, {}))
    .groupBy(referrals.referralType, referrals.status);
}

/** The domains with the most referrals, at most `max` of them. */
export async function listCommonDomains(
  tx: Tx,
  tenantId: string,
  period: Period,
  max: number,
): Promise<string[]> {
  const rows = await tx
    .select({ domain: sql<string>`${referrals.domain}` })
    .from(referrals)
    .where(and(condition(tenantId, period), isNotNull(referrals.domain)))
    .groupBy(referrals.domain)
    .orderBy(desc(sql`count(*)`), referrals.domain)
    .limit(max);
  return rows.map(({ domain }) => domain);
}

function condition(
  tenantId: string,
  { type, status, domain, search, from, to }: ReferralFilter,
): SQL | undefined {
  return and(
    eq(referrals.tenantId, tenantId),
    isNull(referrals.deletedAt),
    type === undefined ? undefined : eq(referrals.referralType, type),
    status === undefined ? undefined : eq(referrals.status, status),
    domain === undefined ? undefined : whereDomain(domain),
    search === undefined ? undefined : whereMatches(search),
    whereCreatedWithin(from, to),
  );
}

function whereDomain(text: string): SQL {
  const match = parseDomainMatch(text);
  return 'exact' in match
    ? eq(referrals.domain, match.exact)
    : sql`starts_with(${referrals.domain}, ${match.prefix})`;
}

function whereCreatedWithin(
  from: string | null | undefined,
  to: string | null | undefined,
): SQL | undefined {
  return and(
    from ? gte(referrals.createdOn, from) : undefined,
    to ? lte(referrals.createdOn, to) : undefined,
  );
}

function whereMatches(search: string): SQL {
  const pattern = toLikePattern(search);
  return sql`(${referrals.name} ilike ${pattern} or ${referrals.companyName} ilike ${pattern})`;
}
