import { createHash } from 'node:crypto';
import { RemoteError } from '../../platform/http/errors.ts';
import { sendRequest, type Access, type ParsedResponse } from './request.ts';

/**
 * Rows that each page shares with the page before it. The list is newest first and shifts while it
 * is read. A new row pushes others onto the next page, where they are read twice, which does no
 * harm. A deleted row pulls others back onto the page that was already read; without the overlap
 * they would be missed and then taken for deleted.
 */
const OVERLAP_ROWS = 5;
/** The overlap is at most this share of a page, so that small pages still make progress. */
const MAX_OVERLAP_SHARE = 0.1;
/** Far more rows than any account has: a list that goes beyond this never ends. */
const MAX_ROWS = 5_000_000;

export interface ListPage extends ParsedResponse {
  /** The row offset of the next page. */
  next: number;
  last: boolean;
}

/**
 * Reads all pages of a list with `limit` and `offset`. A pass that resumes at the row offset
 * `resumeAt` starts one page earlier, because more rows than the overlap may have been deleted in
 * the meantime. Throws RemoteError `malformed` when the list repeats itself or never ends.
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
    // A short page ends the list, and a longer one than requested is the whole list, unless the
    // total is higher.
    const last = items.length !== limit && total <= end;
    maxTotal = Math.max(maxTotal, total);
    if (!last) assertNewPage(items, seen);
    if (end > MAX_ROWS || exceedsTotal(maxTotal, end, limit)) throw createEndlessError();
    offset = last ? end : end - countOverlap(limit);
    // A cursor never moves back behind `resumeAt`: otherwise a pass that is interrupted right after
    // the repeated page would lose a page each time.
    yield { ...page, next: Math.max(offset, resumeAt), last };
    if (last) return;
  }
}

function countOverlap(limit: number): number {
  return Math.min(OVERLAP_ROWS, Math.floor(limit * MAX_OVERLAP_SHARE));
}

function assertNewPage(items: unknown[], seen: Set<string>): void {
  const fingerprint = createHash('sha256').update(JSON.stringify(items)).digest('base64');
  if (items.length === 0 || seen.has(fingerprint)) {
    throw new RemoteError(
      'malformed',
      'ClientTether sent the same page of a list twice, so the sync stopped. Nothing was deleted.',
    );
  }
  seen.add(fingerprint);
}

/** A list may grow while it is read, but not to more than this many times its total. */
const MAX_GROWTH = 2;
/** Pages beyond that which are still accepted. */
const SPARE_PAGES = 10;

/**
 * Whether far more rows arrived than the total, which counts the whole list if it exceeds a page.
 */
function exceedsTotal(maxTotal: number, end: number, limit: number): boolean {
  return maxTotal > limit && end > maxTotal * MAX_GROWTH + limit * SPARE_PAGES;
}

function createEndlessError(): RemoteError {
  return new RemoteError(
    'malformed',
    'ClientTether sent a list that never ends, so the sync stopped. Nothing was deleted.',
  );
}
