import { sql, type SQL } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import type { Period } from '../period.ts';

/** The condition that a day lies in the period. */
export function inPeriod(day: PgColumn, { from, to }: Pick<Period, 'from' | 'to'>): SQL {
  return from === null || to === null ? sql`true` : sql`${day} between ${from} and ${to}`;
}

/** The condition that a day lies in the range of comparison; false when there is none. */
export function inComparison(day: PgColumn, { compareFrom, compareTo }: Pick<Period, 'compareFrom' | 'compareTo'>): SQL {
  return compareFrom === null || compareTo === null ? sql`false` : sql`${day} between ${compareFrom} and ${compareTo}`;
}
