import type { Cursor, Page } from '../contract/source.ts';
import { getOwn } from '../../platform/own.ts';

/** A field of a cursor that is an object; undefined for any other cursor. */
export function readCursorField(cursor: Cursor, name: string): Cursor | undefined {
  return typeof cursor === 'object' && cursor !== null && !Array.isArray(cursor)
    ? getOwn(cursor, name)
    : undefined;
}

/**
 * The total as a field of the page, but only when it exceeds the page: some sources do not document
 * whether their total counts the page or the whole list.
 */
export function toExpectedTotal(
  total: number | undefined,
  items: readonly unknown[],
): Pick<Page, 'expectedTotal'> {
  return total !== undefined && total > items.length ? { expectedTotal: total } : {};
}
