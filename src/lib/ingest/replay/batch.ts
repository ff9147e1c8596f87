import { type Version, type AnyRow } from '../../entities/incoming.ts';
import { getEntityDefinition } from '../../entities/registry.ts';
import { readExisting } from '../../entities/rows.ts';
import { readTenant } from '../../identity/tenancy/with-tenant.ts';
import { isDigestKey, readItemId, toDigestKey, toIdKey } from '../item.ts';
import type { Rejection } from '../rejections/rejection.ts';
import { translateItem } from '../translate.ts';
import type { Stream } from '../types.ts';
import { readPages, type ParsedPage } from './parsed-pages.ts';
import { isAbsent, type PlannedPage } from './evidence.ts';
import { walkHistory } from './history.ts';
import { readLiveParents } from './parents.ts';
import type { ReplayPlan } from './plan.ts';
import type { ReplaySource } from './types.ts';

/** Planned pages after all the work that needs no transaction. */
export interface Batch {
  pages: PlannedPage[];
  /** The newest version of each record, by its id. */
  versions: Map<string, Version>;
  rejected: (Rejection & { snapshotId: string })[];
  /** Keys of items with open rejections that are accepted now. */
  accepted: string[];
  damaged: PlannedPage[];
}

/** Reads and translates pages: of each page, only the items that it is the newest evidence of. */
export async function prepareBatch(
  source: ReplaySource,
  stream: Stream,
  plan: ReplayPlan,
  pages: PlannedPage[],
): Promise<Batch> {
  const parents = await readLiveParents(source, plan.parents, pages);
  const read = await readPages(
    source,
    stream,
    plan,
    pages.filter(
      ({ partition }) => parents === undefined || (partition !== null && parents.has(partition)),
    ),
  );
  const batch: Batch = { pages, versions: new Map(), rejected: [], accepted: [], damaged: [] };
  for (const each of read) addPage(source, stream, plan, batch, each);
  await addPastVersions(source, stream, plan, batch);
  return batch;
}

function addPage(
  source: ReplaySource,
  stream: Stream,
  plan: ReplayPlan,
  batch: Batch,
  { page, items }: ParsedPage<PlannedPage>,
): void {
  if (items === undefined) {
    batch.damaged.push(page);
    return;
  }
  const lost = new Set(page.lost);
  for (const [index, item] of items.entries()) {
    if (isSuperseded(readItemId(stream, item), lost)) continue;
    const { id, incoming, rejected } = translateItem(
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
    if (isSuperseded(id, lost)) continue;
    if (rejected !== undefined) batch.rejected.push({ ...rejected, snapshotId: page.id });
    if (incoming === undefined) continue;
    const { externalId } = incoming.record;
    const keys = findOpenKeys(plan, externalId, item);
    batch.accepted.push(...keys);
    const mayInsert =
      page.isCurrent || !isAbsent(source, stream, plan.proofs, page.receivedAt, incoming.record);
    batch.versions.set(externalId, {
      incoming,
      snapshotId: page.id,
      receivedAt: page.receivedAt,
      isFallback: false,
      wasRejected: keys.length > 0,
      mayInsert,
    });
  }
}

const isSuperseded = (id: string | undefined, lost: ReadonlySet<string>): boolean =>
  id !== undefined && lost.has(id);

/** The keys of open rejections that an accepted item resolves. */
function findOpenKeys({ openKeys }: ReplayPlan, externalId: string, item: unknown): string[] {
  if (openKeys.size === 0) return [];
  return [toIdKey(externalId), toDigestKey(item)].filter((key) => openKeys.has(key));
}

/**
 * Adds older versions where the newest one was rejected, and where a row has lost the time since
 * when it has been in its state.
 */
async function addPastVersions(
  source: ReplaySource,
  stream: Stream,
  plan: ReplayPlan,
  batch: Batch,
): Promise<void> {
  const refused = [...new Set(batch.rejected.map(({ itemKey }) => itemKey))].filter(
    (key) => !isDigestKey(key) && !batch.versions.has(key),
  );
  const { history, table } = getEntityDefinition(stream.entity);
  const ids = [...refused, ...(history === undefined ? [] : batch.versions.keys())];
  if (ids.length === 0) return;
  const existing = await readTenant(source.tenantId, (tx) =>
    readExisting(tx, table, { ...source, stream: stream.name }, ids),
  );
  const isLost = (id: string, { incoming }: Version) =>
    history?.isLost(incoming.record, existing.get(id) ?? null) === true;
  const lost =
    history === undefined
      ? []
      : [...batch.versions].flatMap(([id, version]) => (isLost(id, version) ? [id] : []));
  const pastVersions = await walkHistory(
    source,
    stream,
    plan,
    [...refused.filter((id) => isNotDeleted(existing.get(id))), ...lost],
    existing,
  );
  for (const id of lost) {
    const version = batch.versions.get(id);
    if (version !== undefined)
      batch.versions.set(id, { ...version, past: pastVersions.get(id)?.row });
  }
  for (const id of refused) {
    const pastVersion = pastVersions.get(id);
    if (pastVersion !== undefined)
      batch.versions.set(id, {
        ...pastVersion,
        past: pastVersion.row,
        isFallback: true,
        wasRejected: false,
        mayInsert: true,
      });
  }
}

/** A deleted row is not restored from an old version. */
const isNotDeleted = (row: AnyRow | undefined): boolean =>
  row === undefined || row.deletedAt === null;
