import { insertRows, updateRows } from '../platform/db/bulk.ts';
import type { Tx } from '../platform/db/pool.ts';
import type { Change, EntityDefinition, Laid } from './definition.ts';
import type { EntityName } from '../records/registry.ts';
import { entityDefinition } from './registry.ts';
import {
  dropOvertaken,
  layOver,
  readExisting,
  rowOf,
  withLaid,
  type AnyRow,
  type Incoming,
  type Origin,
  type Written,
} from './upsert.ts';

/** A record as an older answer holds it, on its way into the row that it belongs to. */
export interface Version {
  incoming: Incoming;
  snapshotId: string;
  receivedAt: Date;
  /** The row as all kept versions together make it, where the row that is there does not tell. */
  past?: Written | undefined;
  /**
   * True when the newest answer holds the item in a form that was refused, and this is the one
   * before.
   */
  isFallback: boolean;
  /** True when the item was set aside until now, so that the answer is news. */
  wasSetAside: boolean;
  /** Whether a row may be made of it when there is none. */
  mayInsert: boolean;
}

/** Where the versions belong. */
export type Place = Omit<Origin, 'snapshotId' | 'receivedAt'>;

/** What is to be written so that the rows are as the versions say. */
export interface Rewrites {
  inserts: Written[];
  updates: Written[];
  changes: Change[];
  unchanged: number;
  /** What others said of the rows, and what of it the source has overtaken. */
  laid: Laid;
}

/**
 * Compares versions with the rows that are there, without writing. A row of which a later answer
 * has made more is left alone.
 */
export async function compareVersions(
  tx: Tx,
  name: EntityName,
  place: Place,
  versions: ReadonlyMap<string, Version>,
): Promise<Rewrites> {
  const entity = entityDefinition(name);
  const existing = await readExisting(tx, entity.table, place, [...versions.keys()]);
  const laid = await layOver(
    tx,
    entity,
    place.tenantId,
    [...versions].map(([externalId, { incoming: item }]) => ({
      item,
      before: existing.get(externalId) ?? null,
    })),
  );
  const result: Rewrites = { inserts: [], updates: [], changes: [], unchanged: 0, laid };
  for (const [externalId, read] of versions) {
    const before = existing.get(externalId) ?? null;
    const version = { ...read, incoming: withLaid(laid, read.incoming, before) };
    if (before === null ? !version.mayInsert : version.isFallback && before.deletedAt !== null)
      continue;
    const after = rowFor(entity, place, version, before);
    if (
      before !== null &&
      (isSame(entity, place, version, before, after) || isNewer(before, version))
    ) {
      result.unchanged += version.isFallback ? 0 : 1;
      continue;
    }
    (before === null ? result.inserts : result.updates).push(after);
    result.changes.push({ before: before?.deletedAt === null ? before : null, after });
  }
  return result;
}

export async function writeRewrites(
  tx: Tx,
  name: EntityName,
  tenantId: string,
  { inserts, updates, laid }: Rewrites,
): Promise<void> {
  const entity = entityDefinition(name);
  await insertRows(tx, entity.table, inserts);
  await updateRows(tx, entity.table, tenantId, updates);
  await dropOvertaken(tx, entity, tenantId, laid, updates);
}

function rowFor(
  entity: EntityDefinition,
  place: Place,
  version: Version,
  before: AnyRow | null,
): Written {
  const { incoming, snapshotId, receivedAt, past } = version;
  const tells = before !== null && entity.history?.isLost(incoming.record, before) !== true;
  const row =
    tells || past === undefined
      ? rowOf(entity, { ...place, snapshotId, receivedAt }, incoming, before)
      : past;
  return before === null
    ? row
    : {
        ...row,
        id: before.id,
        firstSeenAt: before.firstSeenAt,
        changedAt: changedAt(version, before),
      };
}

/**
 * Another mapping does not make a live row newer: whoever follows changes would else read
 * everything that hangs on it again.
 */
function changedAt({ wasSetAside, receivedAt }: Version, before: AnyRow): Date {
  const isNews = before.deletedAt !== null || wasSetAside;
  return isNews && receivedAt > before.changedAt ? receivedAt : before.changedAt;
}

function isSame(
  entity: EntityDefinition,
  place: Place,
  { incoming, receivedAt }: Version,
  before: AnyRow,
  after: Written,
): boolean {
  if (before.contentHash !== incoming.hash || before.deletedAt !== null) return false;
  const derived = Object.keys(
    entity.derive(incoming.record, before, { timeZone: place.timeZone, receivedAt }),
  );
  const valueOf = (row: object, key: string) => plain((row as Record<string, unknown>)[key]);
  return derived.every((key) => valueOf(before, key) === valueOf(after, key));
}

const plain = (value: unknown): unknown => (value instanceof Date ? value.getTime() : value);

/** Made of an answer that came later than this one and is not kept any more. */
function isNewer(before: AnyRow, { snapshotId, receivedAt }: Version): boolean {
  return (
    before.deletedAt === null && before.changedAt > receivedAt && before.snapshotId !== snapshotId
  );
}
