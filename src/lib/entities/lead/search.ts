import { sql, type SQL } from 'drizzle-orm';
import type { Tx } from '../../platform/db/pool.ts';
import { leads, leadTerms } from '../../schema/leads.ts';
import { toTermQuery } from './search-terms.ts';
import { parseSearchTerms } from './search-tokens.ts';

/**
 * With more hits than this, a query walks the leads in list order and checks each one: a page is
 * full before many were read. With fewer, it fetches the hits by id and sorts them.
 */
const rareLimit = 5_000;

/** The condition for leads that match a search. */
export interface SearchMatch {
  where: SQL;
  /** A lower bound of the number of hits when there are too many to count; otherwise undefined. */
  atLeast: number | undefined;
}

/** Builds the condition for leads that have all words of a search. */
export async function matchSearch(tx: Tx, tenantId: string, search: string): Promise<SearchMatch> {
  const terms = parseSearchTerms(search);
  if (terms.length === 0) return { where: sql`false`, atLeast: undefined };
  const ids = await findIds(tx, tenantId, terms);
  return ids.length <= rareLimit
    ? { where: isOneOf(ids), atLeast: undefined }
    : { where: hasTerms(tenantId, terms), atLeast: ids.length };
}

/** The leads that have all terms, at most `rareLimit` + 1. */
async function findIds(tx: Tx, tenantId: string, terms: string[]): Promise<string[]> {
  const { rows } = await tx.execute<{ ids: string[] }>(sql`
    select array(select search_leads(${tenantId}, ${sql.param(terms)}, ${rareLimit + 1})) as ids`);
  return rows[0]?.ids ?? [];
}

/**
 * A sub-select hides the number of ids from the planner, which would walk the list for many of
 * them, past all leads if the hits are at its end.
 */
const isOneOf = (ids: string[]): SQL =>
  sql`${leads.id} = any(array(select unnest(${sql.param(ids)}::uuid[])))`;

/**
 * A sub-select with a limit, because the planner may turn EXISTS into a join, which reads all leads
 * with the words before it returns the first.
 */
const hasTerms = (tenantId: string, terms: readonly string[]): SQL => sql`(
  select true from ${leadTerms} where ${leadTerms.tenantId} = ${tenantId}
    and ${leadTerms.leadId} = ${leads.id}
    and ${leadTerms.terms} @@ ${toTermQuery(tenantId, terms)}::tsquery limit 1)`;
