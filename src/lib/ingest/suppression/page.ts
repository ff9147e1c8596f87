import { sql } from 'drizzle-orm';
import type { Page } from '../../connectors/contract/source.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { newId } from '../../platform/id.ts';
import type { Pass, Source, Stream } from '../types.ts';
import { findOutdated } from './outdated.ts';
import { rewriteBody } from './rewrite-body.ts';

/** What of a page was kept out because the person it is about was erased. */
export interface KeptOut {
  /** How many items, by erasure. */
  counts: ReadonlyMap<string, number>;
  /** Stands in the list of ids for each item, so that lists stay as long as their source says. */
  placeholders: string[];
}

const nothingKeptOut: KeptOut = { counts: new Map(), placeholders: [] };

/** Stands in the list of a page's ids for an item that is kept out. */
export const createPlaceholder = (): string => `erased:${newId()}`;

/**
 * The page without erased people and outdated items, both in its items and in the response that is
 * stored.
 */
export async function keepOut(
  source: Pick<Source, 'tenantId' | 'connectionId' | 'settings' | 'currency'>,
  stream: Stream,
  { suppression, retention }: Pick<Pass, 'suppression' | 'retention'>,
  page: Page,
): Promise<{ page: Page; keptOut: KeptOut }> {
  const place = { ...source, partition: page.partition };
  const outdated = await findOutdated(retention, source.tenantId, stream, place, page.items);
  const { response, items: received } = page;
  const rewritten = rewriteBody(suppression, stream, place, response.body, received, outdated);
  if (rewritten === undefined) return { page, keptOut: nothingKeptOut };
  const { body, kept: items, dropped } = rewritten;
  const erased = dropped.flatMap(({ erasureId }) => (erasureId === null ? [] : [erasureId]));
  const groups = Map.groupBy(erased, (id) => id);
  return {
    page: { ...page, items, response: { ...response, body } },
    keptOut: {
      counts: new Map([...groups].map(([id, group]) => [id, group.length])),
      placeholders: dropped.map(createPlaceholder),
    },
  };
}

/** Adds to the receipts how much was kept out. */
export async function noteKeptOut(
  tx: Tx,
  tenantId: string,
  pages: readonly KeptOut[],
): Promise<void> {
  const counts = new Map<string, number>();
  for (const each of pages)
    for (const [id, count] of each.counts) counts.set(id, (counts.get(id) ?? 0) + count);
  for (const [id, count] of [...counts].toSorted(([one], [other]) => (one < other ? -1 : 1)))
    await tx.execute(sql`
      update erasures set kept_out = kept_out + ${count}, kept_out_at = now()
      where tenant_id = ${tenantId} and id = ${id}`);
}
