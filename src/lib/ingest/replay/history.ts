import { sql } from 'drizzle-orm';
import { getEntityDefinition } from '../../entities/registry.ts';
import { buildRow } from '../../entities/rows.ts';
import { type AnyRow, type Incoming, type WrittenRow } from '../../entities/incoming.ts';
import { readTenant } from '../../identity/tenancy/with-tenant.ts';
import type { ReplayPlan } from './plan.ts';
import { readItemId } from '../item.ts';
import { translateItem } from '../translate.ts';
import type { Stream } from '../types.ts';
import { splitIntoBatches, readPages } from './parsed-pages.ts';
import { whereStream } from '../stream-key.ts';
import type { ReplaySource } from './types.ts';

/**
 * The newest readable version of a record, and the row that results from all its versions.
 */
export interface PastVersion {
  incoming: Incoming;
  snapshotId: string;
  receivedAt: Date;
  row: WrittenRow;
}

interface HistoryPage {
  id: string;
  sha256: Buffer;
  receivedAt: Date;
  partition: string | null;
  size: number;
  ids: string[];
}

/** The most that is read at once: pages, and bytes of bodies before compression. */
const batchLimits = { pages: 200, bytes: 4_000_000 };

/**
 * Goes through all stored versions of the records with the given ids, oldest first, as the syncs
 * that stored them did. A row that is older than the stored versions is assumed to have had the
 * same values before.
 */
export async function walkHistory(
  source: ReplaySource,
  stream: Stream,
  plan: Pick<ReplayPlan, 'corrections' | 'suppression' | 'retention'>,
  ids: readonly string[],
  existing: ReadonlyMap<string, AnyRow>,
): Promise<Map<string, PastVersion>> {
  const pastVersions = new Map<string, PastVersion>();
  const wanted = new Set(ids);
  for (const pages of splitIntoBatches(await selectPages(source, stream, ids), batchLimits)) {
    for (const { page, items } of await readPages(source, stream, plan, pages)) {
      for (const [index, item] of (items ?? []).entries()) {
        const itemId = readItemId(stream, item);
        if (itemId !== undefined && !wanted.has(itemId)) continue;
        const { id, incoming } = translateItem(
          stream,
          item,
          {
            settings: source.settings,
            currency: source.currency,
            partition: page.partition ?? undefined,
            index,
          },
          plan.corrections,
        );
        if (id !== undefined && incoming !== undefined && wanted.has(id))
          pastVersions.set(
            id,
            applyVersion(source, stream, page, incoming, pastVersions.get(id), existing.get(id)),
          );
      }
    }
  }
  return pastVersions;
}

/**
 * The pages that hold one of the records, oldest first. A page is left out when for each of its
 * records the previous page has the same content.
 */
async function selectPages(
  source: ReplaySource,
  stream: Stream,
  ids: readonly string[],
): Promise<HistoryPage[]> {
  if (ids.length === 0) return [];
  const rows = await readTenant(source.tenantId, async (tx) => {
    const found = await tx.execute<
      Omit<HistoryPage, 'receivedAt'> & { receivedAt: string } & Record<string, unknown>
    >(sql`
      with page as (
        select page.id, page.sha256, received_at, page_no, partition, array_agg(listed.id) as ids
        from raw_snapshots as page, unnest(external_ids) as listed (id)
        where ${whereStream(source, stream)} and listed.id = any(${sql.param([...ids])}::text[])
          group by page.tenant_id, page.id)
      select page.id, page.sha256, received_at as "receivedAt", partition, ids, size from page
      join raw_bodies as body on body.tenant_id = ${source.tenantId} and body.sha256 = page.sha256
        order by received_at, page_no, page.id`);
    return found.rows;
  });
  const last = new Map<string, string>();
  return rows.flatMap((row) => {
    const content = `${row.sha256.toString('hex')} ${row.partition ?? ''}`;
    const isSignificant = row.ids.some((id) => last.get(id) !== content);
    for (const id of row.ids) last.set(id, content);
    return isSignificant ? [{ ...row, receivedAt: new Date(row.receivedAt) }] : [];
  });
}

function applyVersion(
  source: ReplaySource,
  stream: Stream,
  page: HistoryPage,
  incoming: Incoming,
  pastVersion: PastVersion | undefined,
  existing: AnyRow | undefined,
): PastVersion {
  const { id: snapshotId, receivedAt } = page;
  const version = { incoming, snapshotId, receivedAt };
  if (pastVersion !== undefined && pastVersion.row.contentHash === incoming.hash)
    return { ...version, row: pastVersion.row };
  const { tenantId, connectionId, provider, timeZone } = source;
  const origin = {
    tenantId,
    connectionId,
    provider: provider.key,
    stream: stream.name,
    timeZone,
    snapshotId,
    receivedAt,
  };
  const before = pastVersion?.row ?? toInitialRow(existing, incoming, receivedAt);
  return {
    ...version,
    row: buildRow(getEntityDefinition(stream.entity), origin, incoming, before),
  };
}

/** The row before the oldest stored version; null when the record did not exist yet. */
function toInitialRow(
  existing: AnyRow | undefined,
  { record }: Incoming,
  receivedAt: Date,
): AnyRow | null {
  if (existing === undefined || existing.firstSeenAt >= receivedAt) return null;
  return { ...existing, ...record } as AnyRow;
}
