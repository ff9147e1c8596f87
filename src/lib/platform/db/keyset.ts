import { and, sql, type SQL } from 'drizzle-orm';
import { z } from 'zod';

/*
 * Keyset paging: a page begins after the last row of the previous page, which an index finds. So
 * the hundredth page costs as much as the first one, and new rows do not shift the pages.
 */

export type Direction = 'asc' | 'desc';

/**
 * A nullable time as a sort key: unknown times sort lowest. It is written as CASE because row-level
 * security prevents the use of an index through functions that are not leakproof, such as COALESCE
 * and comparisons of numerics.
 */
export function nullsLowest(column: SQL): SQL {
  return sql`(case when ${column} is null then '-infinity'::timestamptz else ${column} end)`;
}

export interface SortOrder {
  /** Never null, and served by an index of (tenant, …, expression, id). */
  expression: SQL;
  type: 'timestamptz' | 'text' | 'bigint';
  direction: Direction;
}

const cursorSchema = z.tuple([z.enum(['after', 'before']), z.string(), z.uuid()]);
type Position = z.output<typeof cursorSchema>;

/**
 * Whether PostgreSQL can read a sort value. Everything that it can store passes, because a rejected
 * cursor leads back to the first page.
 */
const isReadable: Record<SortOrder['type'], (value: string) => boolean> = {
  timestamptz: (value) => /^-?infinity$/.test(value) || isTime(value),
  text: (value) => !value.includes('\0'),
  bigint: (value) => /^-?\d{1,18}$/.test(value),
};

/** Whether a text is a point in time as PostgreSQL writes it in UTC, from year 1 to 9999. */
function isTime(text: string): boolean {
  const [, seconds] = /^(\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2})(\.\d{1,6})?\+00$/.exec(text) ?? [];
  if (seconds === undefined || seconds.startsWith('0000')) return false;
  const iso = seconds.replace(' ', 'T');
  const at = new Date(`${iso}Z`);
  // Parsing moves 30 February to March.
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(iso);
}

/** Parses the cursor of a URL; undefined if it is invalid or belongs to another sort order. */
function parseCursor(order: SortOrder, cursor: string | null | undefined): Position | undefined {
  if (!cursor) return undefined;
  try {
    const position = cursorSchema.parse(
      JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')),
    );
    return isReadable[order.type](position[1]) ? position : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a cursor is valid for this order, for callers that must report an invalid one. */
export function isValidCursor(order: SortOrder, cursor: string): boolean {
  return parseCursor(order, cursor) !== undefined;
}

function formatCursor(position: Position): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}

export interface KeysetQuery {
  where: SQL | undefined;
  orderBy: SQL;
  limit: number;
  /** The sort value of the row as text, which has to be selected as well. */
  sortValue: SQL.Aliased<string>;
}

/**
 * The parts of a query for the page at `cursor`. Its limit is one row more than the page, which
 * tells whether there is another page.
 */
export function keysetQuery(
  order: SortOrder,
  id: SQL,
  cursor: string | null | undefined,
  pageSize: number,
): KeysetQuery {
  const position = parseCursor(order, cursor);
  const backwards = position?.[0] === 'before';
  const descending = (order.direction === 'desc') !== backwards;
  const direction = descending ? sql`desc` : sql`asc`;
  return {
    where: position === undefined ? undefined : wherePastPosition(order, id, position, descending),
    orderBy: sql`${order.expression} ${direction}, ${id} ${direction}`,
    limit: pageSize + 1,
    // Renamed, because ORDER BY would prefer an output column with the name of the table's column.
    sortValue: sql<string>`${order.expression}::text`.as('sort_value'),
  };
}

function wherePastPosition(
  order: SortOrder,
  id: SQL,
  [, value, rowId]: Position,
  descending: boolean,
): SQL | undefined {
  const place = sql`(${value}::${sql.raw(order.type)}, ${rowId}::uuid)`;
  const row = sql`(${order.expression}, ${id})`;
  return and(descending ? sql`${row} < ${place}` : sql`${row} > ${place}`);
}

/** Cuts the fetched rows to the page and computes the cursors of the neighbouring pages. */
export function keysetPage<Row extends { id: string; sortValue: string }>(
  order: SortOrder,
  fetched: Row[],
  cursor: string | null | undefined,
  pageSize: number,
) {
  const position = parseCursor(order, cursor);
  const backwards = position?.[0] === 'before';
  const more = fetched.length > pageSize;
  const rows = fetched.slice(0, pageSize);
  if (backwards) rows.reverse();
  const first = rows[0];
  const last = rows.at(-1);
  const hasNext = backwards ? true : more;
  const hasPrevious = backwards ? more : position !== undefined;
  return {
    rows,
    next: hasNext && last !== undefined ? formatCursor(['after', last.sortValue, last.id]) : null,
    previous:
      hasPrevious && first !== undefined
        ? formatCursor(['before', first.sortValue, first.id])
        : null,
  };
}
