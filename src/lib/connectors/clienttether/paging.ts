import { createHash } from 'node:crypto';
import { RemoteError } from '../../platform/http/errors.ts';
import { sendRequest, type Access, type ParsedResponse } from './request.ts';

/**
 * Rows that a page shares with the one before. The list is newest first and moves while it is read:
 * an arriving row pushes others onto the next page, where they are read twice, which does no harm;
 * a deleted row pulls others onto the page already read, where they would be missed and then taken
 * for deleted.
 */
const OVERLAP_ROWS = 5;
/** No account comes near this; a list that goes on beyond it never ends. */
const MAX_ROWS = 5_000_000;

export interface ListPage extends ParsedResponse {
  /** The row offset of the next page. */
  next: number;
  last: boolean;
}

/**
 * All pages of a list, with `limit` and `offset`. From `resumeAt` on, a row offset, a page earlier
 * is read again, because more rows than the overlap may have been deleted since. Throws RemoteError
 * `malformed` when the list goes in circles.
 */
export async function* readListPages(
  access: Access,
  path: string,
  query: Record<string, string | undefined>,
  resumeAt = 0,
): AsyncGenerator<ListPage> {
  const limit = access.settings.pageSize;
  const seen = new Set<string>();
  let offset = Math.max(0, resumeAt - limit);
  let maxTotal = 0;
  for (;;) {
    const page = await sendRequest(access, path, { ...query, limit, offset });
    const { items, total = 0 } = page;
    const end = offset + items.length;
    // A short page ends the list, a longer one than asked for is all of it; unless the total says
    // that there is more.
    const last = items.length !== limit && total <= end;
    maxTotal = Math.max(maxTotal, total);
    if (!last) assertNewPage(items, seen);
    if (end > MAX_ROWS || exceedsTotal(maxTotal, end, limit)) throw createEndlessError();
    offset = last ? end : end - countOverlap(limit);
    // The page that a resumed pass reads again moves nobody back: broken off behind it, the pass
    // would lose ground each time.
    yield { ...page, next: Math.max(offset, resumeAt), last };
    if (last) return;
  }
}

function countOverlap(limit: number): number {
  return Math.min(OVERLAP_ROWS, Math.floor(limit / 10));
}

function assertNewPage(items: unknown[], seen: Set<string>): void {
  const fingerprint = createHash('sha256').update(JSON.stringify(items)).digest('base64');
  if (items.length === 0 || seen.has(fingerprint)) {
    throw new RemoteError(
      'malformed',
      'ClientTether sent the same page of a list twice. Nothing was deleted because of it.',
    );
  }
  seen.add(fingerprint);
}

/**
 * A total of more than a page counts the whole list; lists grow while they are read, but not to
 * double their length.
 */
function exceedsTotal(maxTotal: number, end: number, limit: number): boolean {
  return maxTotal > limit && end > maxTotal * 2 + limit * 10;
}

function createEndlessError(): RemoteError {
  return new RemoteError(
    'malformed',
    'ClientTether sent a list that does not end. Nothing was deleted because of it.',
  );
}
