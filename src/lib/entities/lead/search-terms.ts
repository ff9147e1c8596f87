/*
 * Search words as `lead_terms` keeps them: each behind the tag of its tenant. All functions are
 * pure.
 */

/** Characters of a tag. */
const tagLength = 12;

/**
 * The last twelve hexadecimal digits of the tenant's id, which are random. They keep the words of
 * tenants apart in the index; `tenant_id` alone says whose a row is, should two tags be the same.
 */
const toTag = (tenantId: string): string => tenantId.toLowerCase().slice(-tagLength);

/** Words of a lead as a tsvector. */
export function toTermVector(tenantId: string, words: readonly string[]): string {
  const tag = toTag(tenantId);
  return words.map((word) => `${tag}${word}`).join(' ');
}

/**
 * A tsquery for leads that have, for each term of a search, a word that begins with it. The
 * function `search_leads` builds the same.
 */
export function toTermQuery(tenantId: string, terms: readonly string[]): string {
  const tag = toTag(tenantId);
  return terms.map((term) => `'${tag}${term}':*`).join(' & ');
}
