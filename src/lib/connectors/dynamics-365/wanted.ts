import { listNames } from '../kit/paths.ts';

/** The columns that are read of a table anyway. */
interface UsualColumns {
  id: string;
  columns: readonly string[];
}

/**
 * The columns that a mapping reads beyond those, in the order of their names, so that equal ones are
 * equal. A label, or the table of a lookup, comes with its column. A person chose the names, so none
 * of them need exist. Pure.
 */
export function findExtraColumns(
  { columns, id }: UsualColumns,
  paths: readonly string[],
): string[] {
  const names = paths.flatMap((path) => {
    const [column = ''] = (listNames(path)[0] ?? '').split('@');
    return COLUMN.test(column) && column !== id && !columns.includes(column) ? [column] : [];
  });
  return [...new Set(names)].toSorted();
}

/** The form of all names of columns. */
const COLUMN = /^[a-z_]\w{0,140}$/i;
