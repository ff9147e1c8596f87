import { sql, type SQL } from 'drizzle-orm';

/**
 * The condition for live rows of one domain, in a query with `order by domain` that runs inside
 * `withSortDisabled` (which explains why). It is a range because with `domain = x` the planner
 * would drop the order, and with it the only index that gives it.
 */
export const whereDomain = (tenantId: string, domain: SQL): SQL =>
  sql`tenant_id = ${tenantId} and domain >= ${domain} and domain <= ${domain}
    and deleted_at is null`;
