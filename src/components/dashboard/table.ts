/** A column of a DataTable. */
export interface Column {
  key: string;
  label: string;
  /** Right-aligned: for figures that are compared down the column. */
  end?: boolean;
  /** Sortable, and the direction that its first click sorts in. */
  sort?: 'asc' | 'desc';
  /** Left out on phones. */
  wide?: boolean;
  /** Holds the box of each row: its head is the box of all, which a script brings to life. */
  select?: boolean;
}

interface Sorting {
  key: string;
  direction: 'asc' | 'desc';
}

/** What a DataTable is given. */
export interface DataTableProps {
  title: string;
  /** Where links that change the list lead back to. */
  id: string;
  columns: Column[];
  rows: readonly unknown[];
  total: number;
  totalIsFloor?: boolean;
  next?: string | null;
  previous?: string | null;
  sorting?: Sorting | undefined;
  url: URL;
  /** What is counted: one of it, many of it. */
  noun: readonly [string, string];
  empty: { title: string; text: string };
}

/**
 * What a click on a column's head asks for: the other direction where the list is sorted by it
 * already.
 */
export function nextDirection(column: Column, sorting: Sorting | undefined): 'asc' | 'desc' {
  if (sorting?.key !== column.key) return column.sort ?? 'asc';
  return sorting.direction === 'asc' ? 'desc' : 'asc';
}

/** The value of `aria-sort` of a column's head; undefined unless the list is sorted by it. */
export function toAriaSort(
  column: Column,
  sorting: Sorting | undefined,
): 'ascending' | 'descending' | undefined {
  if (sorting?.key !== column.key) return undefined;
  return sorting.direction === 'asc' ? 'ascending' : 'descending';
}
