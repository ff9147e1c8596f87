import { and, eq, isNull, sql } from 'drizzle-orm';
import type { Tx } from '../../platform/db/pool.ts';
import { keysetPage, keysetQuery, type SortOrder } from '../keyset.ts';
import type { ReferralRecord } from './record.ts';
import { newestReferral, referrals } from './schema.ts';

const order: SortOrder = { expression: newestReferral, type: 'timestamptz', direction: 'desc' };

export interface ReferralFilter {
  type?: ReferralRecord['referralType'] | undefined;
  status?: string | undefined;
  domain?: string | undefined;
}

/** One page of referrals, those that changed last first. */
export async function referralPage(tx: Tx, tenantId: string, filter: ReferralFilter, cursor: string | undefined, pageSize: number) {
  const keyset = keysetQuery(order, sql`id`, cursor, pageSize);
  const rows = await tx
    .select({
      id: referrals.id, externalId: referrals.externalId, type: referrals.referralType, name: referrals.name, company: referrals.companyName,
      domain: referrals.domain, status: referrals.status, substatus: referrals.substatus, direction: referrals.direction,
      value: sql<number | null>`${referrals.dealValue}::float8`, currency: referrals.currency,
      createdAt: referrals.sourceCreatedAt, updatedAt: referrals.sourceUpdatedAt, sortValue: keyset.sortValue,
    })
    .from(referrals)
    .where(and(condition(tenantId, filter), keyset.where))
    .orderBy(keyset.orderBy)
    .limit(keyset.limit);
  return keysetPage(order, rows, cursor, pageSize);
}

export async function countReferrals(tx: Tx, tenantId: string, filter: ReferralFilter): Promise<number> {
  const [row] = await tx.select({ count: sql<number>`count(*)::int` }).from(referrals).where(condition(tenantId, filter));
  return row?.count ?? 0;
}

function condition(tenantId: string, { type, status, domain }: ReferralFilter) {
  return and(
    eq(referrals.tenantId, tenantId),
    isNull(referrals.deletedAt),
    type === undefined ? undefined : eq(referrals.referralType, type),
    status === undefined ? undefined : eq(referrals.status, status),
    domain === undefined ? undefined : eq(referrals.domain, domain),
  );
}
