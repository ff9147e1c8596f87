import { and, eq, isNull, sql, type SQL } from 'drizzle-orm';
import type { Period } from '../../period.ts';
import { addDays } from '../../period.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { keysetPage, keysetQuery, type Direction, type SortOrder } from '../keyset.ts';
import { leads, leadSort } from './schema.ts';

export const leadSortKeys = ['created', 'name', 'value', 'updated'] as const;
export type LeadSortKey = (typeof leadSortKeys)[number];

export interface LeadFilter {
  /** A source; '' stands for "the source does not say". */
  source?: string | undefined;
  status?: string | undefined;
  qualified?: boolean | undefined;
  search?: string | undefined;
  sort: LeadSortKey;
  direction: Direction;
  cursor?: string | undefined;
}

const types: Record<LeadSortKey, SortOrder['type']> = { created: 'timestamptz', updated: 'timestamptz', name: 'text', value: 'bigint' };

/** One page of the lead table. */
export async function leadPage(tx: Tx, tenantId: string, period: Period, filter: LeadFilter, pageSize: number) {
  const order: SortOrder = { expression: leadSort[filter.sort], type: types[filter.sort], direction: filter.direction };
  const keyset = keysetQuery(order, sql`id`, filter.cursor, pageSize);
  const rows = await tx
    .select({
      id: leads.id, name: leads.name, company: leads.company, email: leads.email, phone: leads.phone, source: leads.source,
      status: leads.status, qualified: leads.qualified, value: sql<number | null>`${leads.dealValue}::float8`,
      createdAt: leads.sourceCreatedAt, updatedAt: leads.sourceUpdatedAt, assignedTo: leads.assignedTo, sortValue: keyset.sortValue,
    })
    .from(leads)
    .where(and(leadCondition(tenantId, period, filter), keyset.where))
    .orderBy(keyset.orderBy)
    .limit(keyset.limit);
  return keysetPage(order, rows, filter.cursor, pageSize);
}

/** How many leads meet the filter, counted up to `most`. */
export async function countLeads(tx: Tx, tenantId: string, period: Period, filter: LeadFilter, most: number): Promise<number> {
  const found = tx.select({ one: sql`1`.as('one') }).from(leads).where(leadCondition(tenantId, period, filter)).limit(most).as('found');
  const [row] = await tx.select({ count: sql<number>`count(*)::int` }).from(found);
  return row?.count ?? 0;
}

function leadCondition(tenantId: string, period: Period, filter: LeadFilter): SQL | undefined {
  const { source, status, qualified, search } = filter;
  return and(
    eq(leads.tenantId, tenantId),
    isNull(leads.deletedAt),
    source === undefined ? undefined : source === '' ? isNull(leads.source) : eq(leads.source, source),
    status === undefined ? undefined : eq(leads.status, status),
    qualified === undefined ? undefined : eq(leads.qualified, qualified),
    search === undefined ? undefined : matches(search),
    createdWithin(period),
  );
}

/** By the tenant's day, exactly; and by time, roughly, because the time is what the index knows. */
function createdWithin({ from, to }: Period): SQL | undefined {
  if (from === null || to === null) return undefined;
  const [earliest, latest] = [addDays(from, -1), addDays(to, 2)];
  return sql`${leads.createdOn} between ${from} and ${to} and ${leadSort.created} between ${earliest}::timestamptz and ${latest}::timestamptz`;
}

function matches(search: string): SQL {
  const pattern = `%${search.replaceAll(/[\\%_]/g, '\\$&')}%`;
  return sql`(${leads.name} ilike ${pattern} or ${leads.company} ilike ${pattern} or ${leads.email} ilike ${pattern} or ${leads.phone} ilike ${pattern})`;
}
