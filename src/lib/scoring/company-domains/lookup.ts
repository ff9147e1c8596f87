import { sql, type SQL } from 'drizzle-orm';

/*
 * Rows are looked up by their domain, hundreds of times in a statement: they are asked for in the
 * order of their domain, for `withSortDisabled`, which says why.
 */

/**
 * Live rows of one domain, for a query with `order by domain` inside `withSortDisabled`. An equation
 * would make the order of no account.
 */
export const whereDomain = (tenantId: string, domain: SQL): SQL =>
  sql`tenant_id = ${tenantId} and domain >= ${domain} and domain <= ${domain} and deleted_at is null`;
