import { sql, type SQL } from 'drizzle-orm';
import type { PgTable } from 'drizzle-orm/pg-core';
import { addDays, type Period } from '../platform/period.ts';

/** A range of days, both ends included, as ISO dates. */
interface Days {
  from: string;
  to: string;
}

/**
 * A sub-select of the summary rows that add up to a period and its comparison period; the column
 * `within` is true for the period itself. Whole months come from the table by month, and the days
 * at both ends from the table by day. "All time", which includes rows without a date, reads months
 * only.
 */
export function selectRowsWithin(
  tables: { table: PgTable; months: PgTable },
  tenantId: string,
  period: Period,
  condition: SQL = sql`true`,
): SQL {
  const selectPart = (table: PgTable, where: SQL, within: boolean) =>
    sql`
      select *, ${sql.raw(String(within))} as within from ${table}
      where tenant_id = ${tenantId} and ${condition} and ${where}`;
  const of = (range: Days, within: boolean) => {
    const { months, days } = splitRange(range);
    return [
      ...months.map((each) => selectPart(tables.months, between(each), within)),
      ...days.map((each) => selectPart(tables.table, between(each), within)),
    ];
  };
  const { from, to, compareFrom, compareTo } = period;
  if (from === null || to === null)
    return sql`(${selectPart(tables.months, sql`true`, true)}) as counted`;
  const compared =
    compareFrom === null || compareTo === null
      ? []
      : of({ from: compareFrom, to: compareTo }, false);
  return sql`(${sql.join([...of({ from, to }, true), ...compared], sql` union all `)}) as counted`;
}

const between = ({ from, to }: Days) => sql`day between ${from} and ${to}`;

/** Splits a range into its whole months and the days before and after them. Pure. */
export function splitRange({ from, to }: Days): { months: Days[]; days: Days[] } {
  const first = from.endsWith('-01') ? from : toNextMonth(from);
  const end = toMonthStart(addDays(to, 1));
  if (first >= end) return { months: [], days: [{ from, to }] };
  const days = [
    { from, to: addDays(first, -1) },
    { from: end, to },
  ].filter((each) => each.from <= each.to);
  return { months: [{ from: first, to: addDays(end, -1) }], days };
}

const toMonthStart = (day: string) => `${day.slice(0, 8)}01`;
const toNextMonth = (day: string) => toMonthStart(addDays(toMonthStart(day), 31));
