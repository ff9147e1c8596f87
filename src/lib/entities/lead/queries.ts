import { and, eq, gte, isNull, lte, sql, type SQL } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import { addDays, type Period } from '../../platform/period.ts';
import type { Tx } from '../../platform/db/pool.ts';
import {
  isValidCursor,
  keysetPage,
  keysetQuery,
  type Direction,
  type SortOrder,
} from '../../platform/db/keyset.ts';
import type { referralTypes } from '../../records/referral.ts';
import { leads, leadSort } from '../../schema/leads.ts';
import { sortedFields, type FieldKind, type SortNames } from '../../records/fields.ts';
import { leadFields, pushStates, type segments } from '../../records/lead.ts';
import { selectShown } from '../select-fields.ts';
import { whereOwnAndLive } from './lookup.ts';
import { matchSearch } from './search.ts';

export type LeadSortKey = SortNames<typeof leadFields>;
export const leadSortKeys = Object.keys(sortedFields(leadFields)) as LeadSortKey[];

/** The state of a lead's push to the connected CRM; `never` for leads that were never pushed. */
export const pushFilters = [...pushStates, 'never'] as const;

/** The conditions of a list of leads. */
export interface LeadCriteria {
  /** A source; '' means that the source system does not give one. */
  source?: string | undefined;
  status?: string | undefined;
  qualified?: boolean | undefined;
  segment?: (typeof segments)[number] | undefined;
  /** Who hosts the mailboxes of the lead's domain. */
  provider?: string | undefined;
  /** Bounds of the score, inclusive. Leads without a score match no bounds. */
  scoreMin?: number | undefined;
  scoreMax?: number | undefined;
  referral?: (typeof referralTypes)[number] | undefined;
  push?: (typeof pushFilters)[number] | undefined;
  /** The registrable domain, exactly. */
  domain?: string | undefined;
  /** Beginnings of words in the name, company, e-mail address or telephone number. */
  search?: string | undefined;
}

export interface LeadFilter extends LeadCriteria {
  sort: LeadSortKey;
  direction: Direction;
  cursor?: string | undefined;
}

/** The SQL type by which a sort key is compared, by the kind of its field. */
const sortTypes: Partial<Record<FieldKind, SortOrder['type']>> = {
  instant: 'timestamptz',
  text: 'text',
  amount: 'bigint',
  integer: 'bigint',
};

const toSortOrder = ({ sort, direction }: Pick<LeadFilter, 'sort' | 'direction'>): SortOrder => ({
  expression: leadSort[sort],
  type: sortTypes[sortedFields(leadFields)[sort].field.kind] ?? 'text',
  direction,
});

/** Whether a cursor comes from a page in this order. */
export function isLeadCursor(
  order: Pick<LeadFilter, 'sort' | 'direction'>,
  cursor: string,
): boolean {
  return isValidCursor(toSortOrder(order), cursor);
}

/** The leads that meet a filter, as a condition for queries. */
export interface LeadMatch {
  where: SQL | undefined;
  /** A lower bound of their number when there are too many to count; otherwise undefined. */
  atLeast: number | undefined;
}

/**
 * Builds the condition for leads that meet the criteria. Runs a query for a search, because the
 * best condition depends on the number of its hits. With the page that is wanted, hits of common
 * words are not counted.
 */
export async function matchLeads(
  tx: Tx,
  tenantId: string,
  period: Period,
  criteria: LeadCriteria,
  page?: { filter: LeadFilter; size: number },
): Promise<LeadMatch> {
  const plain = and(whereListed(tenantId), ...toConditions(criteria), whereCreatedWithin(period));
  if (criteria.search === undefined) return { where: plain, atLeast: undefined };
  const start = page && {
    walk: (rows: number) => walkList(tenantId, page.filter, rows),
    where: plain,
    size: page.size,
  };
  const { where, atLeast } = await matchSearch(tx, tenantId, criteria.search, start);
  const alone =
    toConditions(criteria).every((condition) => condition === undefined) && period.from === null;
  return {
    where: and(plain, where),
    atLeast: atLeast === undefined ? undefined : alone ? atLeast : 1,
  };
}

/** The next leads in the order of a filter, whether they meet it or not; not the deleted ones. */
function walkList(tenantId: string, filter: LeadFilter, rows: number): SQL {
  const { where, orderBy } = keysetQuery(toSortOrder(filter), sql`id`, filter.cursor, rows);
  return sql`select * from ${leads}
    where ${and(eq(leads.tenantId, tenantId), isNull(leads.deletedAt), where)}
    order by ${orderBy} limit ${rows}`;
}

const listed = { id: leads.id, ...selectShown(leads, leadFields, 'list') };

/** One page of the matching leads, in the order of the filter. */
export async function selectMatchPage(
  tx: Tx,
  { where }: LeadMatch,
  filter: LeadFilter,
  pageSize: number,
) {
  const order = toSortOrder(filter);
  const keyset = keysetQuery(order, sql`id`, filter.cursor, pageSize);
  const rows = await tx
    .select({ ...listed, sortValue: keyset.sortValue })
    .from(leads)
    .where(and(where, keyset.where))
    .orderBy(keyset.orderBy)
    .limit(keyset.limit);
  return keysetPage(order, rows, filter.cursor, pageSize);
}

/** One page of the lead table. */
export async function selectLeadPage(
  tx: Tx,
  tenantId: string,
  period: Period,
  filter: LeadFilter,
  pageSize: number,
) {
  const match = await matchLeads(tx, tenantId, period, filter, { filter, size: pageSize });
  return selectMatchPage(tx, match, filter, pageSize);
}

/** Counts the matching leads up to `max`; `totalIsFloor` is true when there are more. */
export async function countMatch(
  tx: Tx,
  { where }: LeadMatch,
  max: number,
): Promise<{ total: number; totalIsFloor: boolean }> {
  const found = tx
    .select({ one: sql`1`.as('one') })
    .from(leads)
    .where(where)
    .limit(max + 1)
    .as('found');
  const [row] = await tx.select({ count: sql<number>`count(*)::int` }).from(found);
  const count = row?.count ?? 0;
  return { total: Math.min(count, max), totalIsFloor: count > max };
}

/**
 * One lead with all fields of its page; undefined when the tenant has no listed lead of that id.
 */
export async function findLead(tx: Tx, tenantId: string, id: string) {
  const [row] = await tx
    .select({
      ...listed,
      ...selectShown(leads, leadFields, 'detail'),
      externalId: leads.externalId,
      provider: leads.provider,
      connectionId: leads.connectionId,
      firstSeenAt: leads.firstSeenAt,
      changedAt: leads.changedAt,
    })
    .from(leads)
    .where(and(whereListed(tenantId), eq(leads.id, id)));
  return row;
}

/** Leaves out deleted leads and mirrors: copies of leads that a push has made in a CRM. */
function whereListed(tenantId: string): SQL | undefined {
  return and(eq(leads.tenantId, tenantId), whereOwnAndLive);
}

function toConditions(criteria: LeadCriteria): (SQL | undefined)[] {
  const { source, status, qualified, segment, provider, referral, push, domain } = criteria;
  return [
    whereEqual(leads.source, source === '' ? null : source),
    whereEqual(leads.status, status),
    whereEqual(leads.qualified, qualified),
    whereEqual(leads.segment, segment),
    whereEqual(leads.mailProvider, provider),
    whereScored(criteria),
    whereEqual(leads.referralType, referral),
    whereEqual(leads.pushState, push === 'never' ? null : push),
    whereEqual(leads.domain, domain),
  ];
}

/** No condition for undefined. */
function whereEqual(column: PgColumn, value: string | boolean | null | undefined) {
  if (value === undefined) return undefined;
  return value === null ? isNull(column) : eq(column, value);
}

/** `sortScore` is -1 for leads without a score, so a lower bound of 0 leaves them out. */
function whereScored({ scoreMin, scoreMax }: LeadCriteria): SQL | undefined {
  if (scoreMin === undefined && scoreMax === undefined) return undefined;
  return and(
    gte(leads.sortScore, Math.max(0, scoreMin ?? 0)),
    scoreMax === undefined ? undefined : lte(leads.sortScore, scoreMax),
  );
}

/**
 * Compares the tenant's day, which is exact, and the time with a day to spare on each side, because
 * only the time is in the index.
 */
function whereCreatedWithin({ from, to }: Period): SQL | undefined {
  if (from === null || to === null) return undefined;
  const [earliest, latest] = [addDays(from, -1), addDays(to, 2)];
  return sql`${leads.createdOn} between ${from} and ${to}
    and ${leadSort.created} between ${earliest}::timestamptz and ${latest}::timestamptz`;
}
