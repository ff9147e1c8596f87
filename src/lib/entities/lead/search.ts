import { and, eq, sql, type SQL } from 'drizzle-orm';
import type { Tx } from '../../platform/db/pool.ts';
import { leads, leadWords } from '../../schema/leads.ts';
import { parseSearchTerms, toTokenRange } from './search-tokens.ts';

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

/**
 * Builds the condition for leads that have all words of a search. If the rarest word has few hits,
 * they are taken by id and checked for the other words; otherwise each lead is checked for all.
 */
export async function matchSearch(tx: Tx, tenantId: string, search: string): Promise<SearchMatch> {
  const terms = parseSearchTerms(search);
  if (terms.length === 0) return { where: sql`false`, atLeast: undefined };
  const counts = await countTokens(tx, tenantId, terms);
  const [rarest = '', ...others] = terms.toSorted(
    (one, other) => (counts.get(one) ?? 0) - (counts.get(other) ?? 0),
  );
  const fewest = counts.get(rarest) ?? 0;
  if (fewest <= rareLimit)
    return {
      where: sql`${leads.id} = any(array(${selectIds(tenantId, rarest, others)}))`,
      atLeast: undefined,
    };
  return {
    where: and(...terms.map((term) => hasToken(tenantId, term, sql`${leads.id}`))) ?? sql`true`,
    atLeast: others.length === 0 ? fewest : 1,
  };
}

/** The number of leads with a word that begins with each term, counted up to `rareLimit` + 1. */
async function countTokens(
  tx: Tx,
  tenantId: string,
  terms: readonly string[],
): Promise<Map<string, number>> {
  const counts = terms.map(
    (term) => sql`(
      select count(*)::int from (
        select distinct lead_id from (
          select lead_id from ${leadWords}
          where ${whereToken(tenantId, term)} limit ${rareLimit + 1}) as found) as leads)`,
  );
  const { rows } = await tx.execute<{ counts: number[] }>(
    sql`select array[${sql.join(counts, sql`, `)}] as counts`,
  );
  return new Map(terms.map((term, index) => [term, rows[0]?.counts[index] ?? 0]));
}

function selectIds(tenantId: string, rarest: string, others: readonly string[]): SQL {
  const found = others.map((term) => hasToken(tenantId, term, sql`found.lead_id`));
  return sql`
    select found.lead_id from (
      select lead_id from ${leadWords} where ${whereToken(tenantId, rarest)} offset 0) as found
    ${others.length === 0 ? sql`` : sql`where ${sql.join(found, sql` and `)}`}`;
}

/**
 * A sub-select with a limit, because the planner may turn EXISTS into a join, which reads all leads
 * with the word before it returns the first.
 */
function hasToken(tenantId: string, term: string, lead: SQL): SQL {
  return sql`(
    select true from ${leadWords}
    where ${whereToken(tenantId, term)} and lead_id = ${lead} limit 1)`;
}

function whereToken(tenantId: string, term: string): SQL | undefined {
  const { from, below } = toTokenRange(term);
  return and(
    eq(leadWords.tenantId, tenantId),
    sql`word >= ${from}`,
    below === null ? undefined : sql`word < ${below}`,
  );
}
