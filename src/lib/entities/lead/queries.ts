import { and, eq, gte, isNull, lte, sql, type SQL } from 'drizzle-orm';
import type { Period } from '../../platform/period.ts';
import { addDays } from '../../platform/period.ts';
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
import { pushStates, segments } from '../../records/lead.ts';
import { sortedFields, type FieldKind, type SortNames } from '../../records/fields.ts';
import { leadFields } from '../../records/lead.ts';
import { selectShown } from '../select-fields.ts';
import { matchSearch } from './search.ts';

export type LeadSortKey = SortNames<typeof leadFields>;
export const leadSortKeys = Object.keys(sortedFields(leadFields)) as LeadSortKey[];

/** Where a lead stands in the connected CRM; `never` for one that was never sent. */
export const pushFilters = [...pushStates, 'never'] as const;

/** What a list of leads is narrowed to. */
export interface LeadCriteria {
  /** A source; '' stands for "the source does not say". */
  source?: string | undefined;
  status?: string | undefined;
  qualified?: boolean | undefined;
  segment?: (typeof segments)[number] | undefined;
  /** Who keeps the mailboxes of the lead's domain. */
  provider?: string | undefined;
  /** Bounds of the score, inclusive. Leads without a score are in no range. */
  scoreMin?: number | undefined;
  scoreMax?: number | undefined;
  referral?: (typeof referralTypes)[number] | undefined;
  push?: (typeof pushFilters)[number] | undefined;
  /** The registrable domain, exactly. */
  domain?: string | undefined;
  /** Beginnings of words of name, company, e-mail address or telephone number. */
  search?: string | undefined;
}

export interface LeadFilter extends LeadCriteria {
  sort: LeadSortKey;
  direction: Direction;
  cursor?: string | undefined;
}

/** How the keys of an order compare, by the kind of its field. */
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

/** Whether a cursor is one that a page in this order gave. */
export function isLeadCursor(
  order: Pick<LeadFilter, 'sort' | 'direction'>,
  cursor: string,
): boolean {
  return isValidCursor(toSortOrder(order), cursor);
}

/** The leads that meet a filter, as a condition for queries. */
export interface LeadMatch {
  where: SQL | undefined;
  /** How many there are at least, where counting them would take too long; else undefined. */
  atLeast: number | undefined;
}

/**
 * Which leads meet a filter. A search is looked up first: how to find its leads depends on how many
 * they are.
 */
export async function matchLeads(
  tx: Tx,
  tenantId: string,
  period: Period,
  criteria: LeadCriteria,
): Promise<LeadMatch> {
  const plain = and(whereListed(tenantId), ...toConditions(criteria), whereCreatedWithin(period));
  if (criteria.search === undefined) return { where: plain, atLeast: undefined };
  const { where, atLeast } = await matchSearch(tx, tenantId, criteria.search);
  const alone =
    toConditions(criteria).every((condition) => condition === undefined) && period.from === null;
  return {
    where: and(plain, where),
    atLeast: atLeast === undefined ? undefined : alone ? atLeast : 1,
  };
}

const listed = { id: leads.id, ...selectShown(leads, leadFields, 'list') };

/** One page of the leads of a match, in the order of the filter. */
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
  return selectMatchPage(tx, await matchLeads(tx, tenantId, period, filter), filter, pageSize);
}

/** How many leads there are in a match, counted up to `most`; then there are at least that many. */
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

/** One lead with all that is kept of it; undefined when the tenant has none of that id. */
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

/** Copies of leads that we made elsewhere ourselves are kept, and shown nowhere. */
function whereListed(tenantId: string): SQL | undefined {
  return and(eq(leads.tenantId, tenantId), isNull(leads.deletedAt), isNull(leads.mirrorOf));
}

function toConditions({
  source,
  status,
  qualified,
  segment,
  provider,
  scoreMin,
  scoreMax,
  referral,
  push,
  domain,
}: LeadCriteria): (SQL | undefined)[] {
  return [
    source === undefined
      ? undefined
      : source === ''
        ? isNull(leads.source)
        : eq(leads.source, source),
    status === undefined ? undefined : eq(leads.status, status),
    qualified === undefined ? undefined : eq(leads.qualified, qualified),
    segment === undefined ? undefined : eq(leads.segment, segment),
    provider === undefined ? undefined : eq(leads.mailProvider, provider),
    scoreMin === undefined && scoreMax === undefined
      ? undefined
      : gte(leads.sortScore, Math.max(0, scoreMin ?? 0)),
    scoreMax === undefined ? undefined : lte(leads.sortScore, scoreMax),
    referral === undefined ? undefined : eq(leads.referralType, referral),
    push === undefined
      ? undefined
      : push === 'never'
        ? isNull(leads.pushState)
        : eq(leads.pushState, push),
    domain === undefined ? undefined : eq(leads.domain, domain),
  ];
}

/** By the tenant's day, exactly; and by time, roughly, because the time is what the index knows. */
function whereCreatedWithin({ from, to }: Period): SQL | undefined {
  if (from === null || to === null) return undefined;
  const [earliest, latest] = [addDays(from, -1), addDays(to, 2)];
  return sql`${leads.createdOn} between ${from} and ${to} and ${leadSort.created} between ${earliest}::timestamptz and ${latest}::timestamptz`;
}
