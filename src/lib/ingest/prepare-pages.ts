import type { Page } from '../connectors/contract/source.ts';
import { failpoint } from '../platform/failpoint.ts';
import { packBody, type PackedBody } from './snapshots/store.ts';
import { keepOut, type KeptOut } from './suppression/page.ts';
import { translatePage, type TranslatedPage } from './translate.ts';
import type { Pass, Source, Stream } from './types.ts';

/** A page after all the work that needs no database. */
export interface PreparedPage {
  /** As received, in case that somebody is erased before it is stored. */
  received: Page;
  page: Page;
  keptOut: KeptOut;
  /** The version of the erasure list that was applied. */
  suppressed: string;
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
    yield await preparePage(source, stream, pass, page);
  }
}

/** Takes erased people out of a page, then packs and translates it. */
export async function preparePage(
  source: Source,
  stream: Stream,
  pass: Pass,
  received: Page,
): Promise<PreparedPage> {
  const suppressed = pass.suppression.version;
  const { page, keptOut } = await keepOut(source, stream, pass, received);
  const packing = packBody(page.response.body);
  const translated = translatePage(stream, source, page, pass.corrections);
  translated.listedIds.push(...keptOut.placeholders);
  return { received, page, keptOut, suppressed, translated, body: await packing };
}

/**
 * The weight of all pages that one transaction stores, at most. One unit is one item, so that a
 * transaction writes at most this many rows and holds their locks for a fraction of a second.
 */
export const maxBatchWeight = 2500;

/** The most pages of one transaction, however few items they hold. */
const maxBatchPages = 100;

/** Bytes of a body that weigh as much as one item: a transaction stores at most 10 MB of bodies. */
const bytesPerItem = 4096;

/**
 * The weight that a page adds to its transaction. A page that names deleted items fills it up,
 * because its deletions apply to the pages before it and no page may follow in the same
 * transaction.
 */
export function measureWeight({ page, body }: PreparedPage): number {
  if (page.deleted !== undefined && page.deleted.length > 0) return maxBatchWeight;
  return Math.max(page.items.length, maxBatchWeight / maxBatchPages, body.size / bytesPerItem);
}
