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

/** Empty pages in a row that are skipped while the total says that more rows follow. */
const MAX_EMPTY_PAGES = 3;

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
  let offset = Math.max(0, resumeAt - limit);
  const progress = new Progress(limit, offset);
  for (;;) {
    const page = await sendRequest(access, path, { ...query, limit, offset });
    const last = progress.isLast(page, offset);
    offset = last ? offset + page.places : progress.next(page, offset);
    // A cursor never moves back behind `resumeAt`: otherwise a pass that is interrupted right after
    // the repeated page would lose a page each time.
    yield { ...page, next: Math.max(offset, resumeAt), last };
    if (last) return;
  }
}

/**
 * How far a list has been read. Totals may be too high, too low or count only the page, pages may
 * be short, empty or longer than requested, and the last page may repeat itself beyond the end; so
 * the end is where a page brings nothing new. What a total counts beyond that is reported by the
 * pass, which then deletes nothing.
 */
class Progress {
  readonly #limit: number;
  readonly #start: number;
  readonly #seen = new Set<string>();
  #maxTotal = 0;
  #furthest: number;
  #emptyPages = 0;

  constructor(limit: number, start: number) {
    this.#limit = limit;
    this.#start = start;
    this.#furthest = start;
  }

  /** Whether the page at `offset` is the last one. */
  isLast({ items, places, total = 0 }: ParsedResponse, offset: number): boolean {
    const end = offset + places;
    const isNew = end > this.#furthest;
    this.#maxTotal = Math.max(this.#maxTotal, total);
    this.#emptyPages = places === 0 ? this.#emptyPages + 1 : 0;
    if (places === 0) return this.#endsEmpty(offset);
    // A short page ends the list, and a longer one than requested is the whole list, unless the
    // total is higher and the page holds rows that were not read before.
    if (places !== this.#limit && (total <= end || !isNew)) return true;
    const repeated = this.#isRepeated(items);
    if (repeated && this.#isComplete()) return true;
    if (repeated) throw createRepeatedError();
    this.#furthest = Math.max(this.#furthest, end);
    if (end > MAX_ROWS || exceedsTotal(this.#maxTotal, end, this.#limit))
      throw createEndlessError();
    return false;
  }

  /** The row offset of the page after the one at `offset`. */
  next({ places }: ParsedResponse, offset: number): number {
    if (places === 0) return offset + this.#limit;
    return offset + places - countOverlap(this.#limit);
  }

  /** An empty page ends the list, unless the total says that more rows follow. */
  #endsEmpty(offset: number): boolean {
    if (this.#maxTotal > offset && this.#emptyPages <= MAX_EMPTY_PAGES) return false;
    if (this.#furthest === this.#start && this.#maxTotal > this.#start) throw createEmptyError();
    return true;
  }

  #isRepeated(items: unknown[]): boolean {
    const fingerprint = createHash('sha256').update(JSON.stringify(items)).digest('base64');
    const isRepeated = this.#seen.has(fingerprint);
    this.#seen.add(fingerprint);
    return isRepeated;
  }

  /** Whether all rows of the total were read; a total up to one page may count the page alone. */
  #isComplete(): boolean {
    return this.#maxTotal > this.#limit && this.#furthest >= this.#maxTotal;
  }
}

function countOverlap(limit: number): number {
  return Math.min(OVERLAP_ROWS, Math.floor(limit * MAX_OVERLAP_SHARE));
}

function createRepeatedError(): RemoteError {
  return new RemoteError(
    'malformed',
    'ClientTether sent the same page of a list twice, so the sync stopped. Nothing was deleted.',
  );
}

function createEmptyError(): RemoteError {
  return new RemoteError(
    'malformed',
    'ClientTether counts rows in a list but sent none of them, so the sync stopped. Nothing was ' +
      'deleted.',
  );
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
