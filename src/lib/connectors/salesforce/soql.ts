/*
 * Queries in SOQL. Sources:
 * https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select.htm
 */

/** The place of a row in a list that is sorted by time of change and id. */
export interface RowPlace {
  /** ISO 8601; null in a list of rows without a time of change. */
  at: string | null;
  id: string;
}

interface QueryParts {
  object: string;
  select: readonly string[];
  conditions: readonly string[];
  order: readonly string[];
}

export function buildQuery({ object, select, conditions, order }: QueryParts): string {
  const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
  const sorted = order.length === 0 ? '' : ` ORDER BY ${order.join(', ')}`;
  return `SELECT ${select.join(', ')} FROM ${object}${where}${sorted}`;
}

/** Times have neither quotes nor, as responses have, an offset: a plus would become a blank. */
export const formatTime = (iso: string): string => new Date(iso).toISOString();

/** Text in quotes, with what has a meaning in it escaped. */
export const formatText = (text: string): string =>
  `'${text.replace(/[\\'"]/g, (character) => `\\${character}`)}'`;

/** The condition for rows behind a place; several rows may have changed at the same time. */
export function isBehind(timeField: string, { at, id }: RowPlace): string {
  const later = `Id > ${formatText(id)}`;
  if (at === null) return later;
  const time = formatTime(at);
  return `((${timeField} = ${time} AND ${later}) OR ${timeField} > ${time})`;
}
