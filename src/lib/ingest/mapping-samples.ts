import { desc } from 'drizzle-orm';
import type { ItemContext } from '../connectors/contract/source.ts';
import { readTenant } from '../identity/tenancy/with-tenant.ts';
import { rawSnapshots } from '../schema/snapshots.ts';
import { readItemId } from './item.ts';
import { readPages } from './replay/parsed-pages.ts';
import type { ReplaySource } from './replay/types.ts';
import { whereStream } from './stream-key.ts';
import { loadRetentionRule } from './suppression/retention-rule.ts';
import { loadSuppression } from './suppression/suppression.ts';
import type { Stream } from './types.ts';

/** An item of a stored answer, with what its mapping needs. */
export interface StoredItem {
  id: string | undefined;
  item: unknown;
  context: ItemContext<unknown>;
}

/** How much is read: enough to meet unusual records, little enough to wait for. */
const maxPages = 12;
const maxItems = 400;

/**
 * Items of the newest stored answers of a stream, each record once, without erased people and what
 * the workspace does not keep. No request is sent.
 */
export async function readStoredItems(source: ReplaySource, stream: Stream): Promise<StoredItem[]> {
  const plan = await readTenant(source.tenantId, async (tx) => ({
    suppression: await loadSuppression(tx, source.tenantId),
    retention: await loadRetentionRule(tx, source.tenantId),
    pages: await tx
      .select({ sha256: rawSnapshots.sha256, partition: rawSnapshots.partition })
      .from(rawSnapshots)
      .where(whereStream(source, stream))
      .orderBy(desc(rawSnapshots.receivedAt), desc(rawSnapshots.id))
      .limit(maxPages),
  }));
  const { settings, currency } = source;
  const found = new Map<string, StoredItem>();
  for (const { page, items } of await readPages(source, stream, plan, plan.pages))
    for (const [index, item] of (items ?? []).entries()) {
      const id = readItemId(stream, item);
      const key = id ?? `without id ${found.size}`;
      const context = { settings, currency, partition: page.partition ?? undefined, index };
      if (!found.has(key)) found.set(key, { id, item, context });
      if (found.size >= maxItems) return [...found.values()];
    }
  return [...found.values()];
}
