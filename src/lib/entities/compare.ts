import type { Tx } from '../platform/db/pool.ts';
import type { EntityName } from '../records/registry.ts';
import type { EntityDefinition } from './definition.ts';
import type { AnyRow, Rewrites, StreamOrigin, Version, WrittenRow } from './incoming.ts';
import { getEntityDefinition } from './registry.ts';
import { applyOverrides, readExisting, buildRow, withOverrides } from './rows.ts';

/**
 * Compares versions with the rows that are there, without writing. A row of which a later answer
 * has made more is left alone.
 */
export async function compareVersions(
  tx: Tx,
  name: EntityName,
  place: StreamOrigin,
  versions: ReadonlyMap<string, Version>,
): Promise<Rewrites> {
  const entity = getEntityDefinition(name);
  const existing = await readExisting(tx, entity.table, place, [...versions.keys()]);
  const applied = await applyOverrides(
    tx,
    entity,
    place.tenantId,
    [...versions].map(([externalId, { incoming: item }]) => ({
      item,
      before: existing.get(externalId) ?? null,
    })),
  );
  const result: Rewrites = { inserts: [], updates: [], changes: [], unchanged: 0, applied };
  for (const [externalId, read] of versions) {
    const before = existing.get(externalId) ?? null;
    const version = { ...read, incoming: withOverrides(applied, read.incoming, before) };
    if (before === null ? !version.mayInsert : version.isFallback && before.deletedAt !== null)
      continue;
    const after = buildVersionRow(entity, place, version, before);
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

function buildVersionRow(
  entity: EntityDefinition,
  place: StreamOrigin,
  version: Version,
  before: AnyRow | null,
): WrittenRow {
  const { incoming, snapshotId, receivedAt, past } = version;
  const tells = before !== null && entity.history?.isLost(incoming.record, before) !== true;
  const row =
    tells || past === undefined
      ? buildRow(entity, { ...place, snapshotId, receivedAt }, incoming, before)
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
function changedAt({ wasRejected, receivedAt }: Version, before: AnyRow): Date {
  const isSignificant = before.deletedAt !== null || wasRejected;
  return isSignificant && receivedAt > before.changedAt ? receivedAt : before.changedAt;
}

function isSame(
  entity: EntityDefinition,
  place: StreamOrigin,
  { incoming, receivedAt }: Version,
  before: AnyRow,
  after: WrittenRow,
): boolean {
  if (before.contentHash !== incoming.hash || before.deletedAt !== null) return false;
  const derived = Object.keys(
    entity.derive(incoming.record, before, { timeZone: place.timeZone, receivedAt }),
  );
  const getValue = (row: object, key: string) => plain((row as Record<string, unknown>)[key]);
  return derived.every((key) => getValue(before, key) === getValue(after, key));
}

const plain = (value: unknown): unknown => (value instanceof Date ? value.getTime() : value);

/** Made of an answer that came later than this one and is not kept any more. */
function isNewer(before: AnyRow, { snapshotId, receivedAt }: Version): boolean {
  return (
    before.deletedAt === null && before.changedAt > receivedAt && before.snapshotId !== snapshotId
  );
}
