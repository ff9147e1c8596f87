import type { Page } from '../connectors/contract/source.ts';
import { failpoint } from '../platform/failpoint.ts';
import { packBody, type PackedBody } from './snapshots/store.ts';
import { translatePage, type TranslatedPage } from './translate.ts';
import type { Pass, Source, Stream } from './types.ts';

/** A page after all the work that needs no database. */
export interface PreparedPage {
  page: Page;
  body: PackedBody;
  translated: TranslatedPage;
}

/**
 * Packs and translates each page as it arrives, so that this happens while the page before it is
 * being stored.
 */
export async function* preparePages(
  source: Source,
  stream: Stream,
  pass: Pass,
  pages: AsyncIterable<Page>,
): AsyncGenerator<PreparedPage> {
  for await (const page of pages) {
    failpoint('fetch.after');
    const packing = packBody(page.response.body);
    yield {
      page,
      translated: translatePage(stream, source, page, pass.corrections),
      body: await packing,
    };
  }
}

/**
 * The weight of all pages that one transaction stores, at most. One unit is one item, so that a
 * transaction writes at most this many rows and holds their locks for a fraction of a second.
 */
export const maxBatchWeight = 500;

/** The most pages of one transaction, however few items they hold. */
const maxBatchPages = 30;

/** Bytes of a body that weigh as much as one item: a transaction stores at most 4 MB of bodies. */
const bytesPerItem = 8192;

/**
 * The weight that a page adds to its transaction. A page that names deleted items fills it up,
 * because its deletions apply to the pages before it and no page may follow in the same
 * transaction.
 */
export function measureWeight({ page, body }: PreparedPage): number {
  if (page.deleted !== undefined && page.deleted.length > 0) return maxBatchWeight;
  return Math.max(page.items.length, maxBatchWeight / maxBatchPages, body.size / bytesPerItem);
}
