import { getTableColumns, sql, type SQL } from 'drizzle-orm';
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core';
import { shownFields, type Fields, type Shown } from '../records/fields.ts';

type Selected<Row> = { [Key in keyof Row]: SQL<Row[Key]> };

/**
 * The columns to select for the fields that are shown in a list or on the page of one row, by the
 * names that the fields have there. Amounts are selected as numbers.
 */
export function selectShown<const F extends Fields, Where extends 'list' | 'detail'>(
  table: PgTable,
  fields: F,
  where: Where,
): Selected<Shown<F, Where>> {
  const columns = getTableColumns(table) as Record<string, PgColumn>;
  const selected = shownFields(fields, where).map(({ key, name, field }) => {
    const column = columns[key];
    if (column === undefined) throw new Error(`The table has no column for the field "${key}"`);
    return [name, field.kind === 'amount' ? sql`${column}::float8` : column] as const;
  });
  return Object.fromEntries(selected) as unknown as Selected<Shown<F, Where>>;
}
