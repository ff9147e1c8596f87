import { and, sql, type SQL } from 'drizzle-orm';
import type { Tx } from '../../platform/db/pool.ts';
import { leads, leadTerms } from '../../schema/leads.ts';
import { toTermQuery } from './search-terms.ts';
import { parseSearchTerms } from './search-tokens.ts';

/**
 * With more hits than this, a query walks the leads in list order and checks each one: a page is
 * full before many were read. With fewer, their ids are a condition.
 */
const rareLimit = 5_000;
/** The same where nobody counts the hits: the function gives no more than 10,000 ids. */
const uncountedLimit = 9_999;

/** Leads at the beginning of a page that tell whether a word is common: three of them have it. */
const sample = { leads: 100, hits: 3 };
/** Leads among which a page has to be full, for each of its rows. */
const leadsPerRow = 30;
/** Longer pages are parts of a whole list: to walk it costs one way through all leads at most. */
const longestPage = 100;

/** Where a page of hits begins, for searches whose hits need not be counted. */
export interface PageStart {
  /** Selects that many rows of the list from there on, whether they match or not. */
  walk: (rows: number) => SQL;
  /** The conditions of the page besides the search. */
  where: SQL | undefined;
  size: number;
}

/** The condition for leads that match a search. */
export interface SearchMatch {
  where: SQL;
  /** A lower bound of the number of hits when there are too many to count; otherwise undefined. */
  atLeast: number | undefined;
}

/**
 * Builds the condition for leads that have all words of a search. With the start of a page, words
 * that many leads around it have are not looked up in the index, which would read all their hits.
 */
export async function matchSearch(
  tx: Tx,
  tenantId: string,
  search: string,
  start?: PageStart,
): Promise<SearchMatch> {
  const terms = parseSearchTerms(search);
  if (terms.length === 0) return { where: sql`false`, atLeast: undefined };
  const limit = start === undefined ? rareLimit : uncountedLimit;
  const { ids, inOrder } = await findIds(tx, tenantId, terms, start, limit);
  return ids !== null && ids.length <= limit
    ? { where: isOneOf(ids, inOrder), atLeast: undefined }
    : { where: hasTerms(tenantId, terms), atLeast: ids?.length ?? 1 };
}

interface Found {
  /** The leads that have all terms; null when those at the start of the page fill it. */
  ids: string[] | null;
  /** Whether the server compares ids in the index of a list order, as PostgreSQL does since 17. */
  inOrder: boolean;
}

/**
 * Finds the leads that have all terms, at most `limit` + 1, in one statement, whose sub-selects run
 * only when CASE comes to them.
 */
async function findIds(
  tx: Tx,
  tenantId: string,
  terms: string[],
  start: PageStart | undefined,
  limit: number,
): Promise<Found> {
  const found = sql`array(select search_leads(${tenantId}, ${sql.param(terms)}, ${limit + 1}))`;
  const ids =
    start === undefined
      ? found
      : sql`case when ${fillsPage(hasTerms(tenantId, terms), start)} then null else ${found} end`;
  const { rows } = await tx.execute<Found & Record<string, unknown>>(sql`
    select ${ids} as ids, current_setting('server_version_num')::int >= 170000 as "inOrder"`);
  return rows[0] ?? { ids: [], inOrder: false };
}

/**
 * Where ids are compared in the index of the list order, the planner sees how many there are: it
 * looks a few up by their key, and walks the index for many, reading the leads of the page alone. A
 * sub-select hides the number from older servers, which would read each lead on that way.
 */
function isOneOf(ids: string[], inOrder: boolean): SQL {
  const list = sql`${sql.param(ids)}::uuid[]`;
  return inOrder
    ? sql`${leads.id} = any(${list})`
    : sql`${leads.id} = any(array(select unnest(${list})))`;
}

function fillsPage(isHit: SQL, { walk, where, size }: PageStart): SQL {
  const count = (rows: number, limit: number) => sql`(
    select count(*) from (
      select from (${walk(rows)}) as ${leads} where ${and(where, isHit)} limit ${limit}) as hits)`;
  const isCommon = sql`${count(sample.leads, sample.hits)} = ${sample.hits}`;
  if (size > longestPage) return isCommon;
  return sql`case when ${isCommon} then ${count(leadsPerRow * size, size + 1)} > ${size}
    else false end`;
}

/**
 * A sub-select with a limit, because the planner may turn EXISTS into a join, which reads all leads
 * with the words before it returns the first.
 */
const hasTerms = (tenantId: string, terms: readonly string[]): SQL => sql`(
  select true from ${leadTerms} where ${leadTerms.tenantId} = ${tenantId}
    and ${leadTerms.leadId} = ${leads.id}
    and ${leadTerms.terms} @@ ${toTermQuery(tenantId, terms)}::tsquery limit 1)`;
