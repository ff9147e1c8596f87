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

export interface Sorting {
  key: string;
  direction: 'asc' | 'desc';
}

/**
 * What a click on a column's head asks for: the other direction where the list is sorted by it
 * already.
 */
export function nextDirection(column: Column, sorting: Sorting | undefined): 'asc' | 'desc' {
  if (sorting?.key !== column.key) return column.sort ?? 'asc';
  return sorting.direction === 'asc' ? 'desc' : 'asc';
}
