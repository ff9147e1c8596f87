import type { Tx } from '../platform/db/pool.ts';
import type { EntityName } from '../records/registry.ts';
import type { EntityDefinition } from './definition.ts';
import type { AnyRow, Rewrites, StreamOrigin, Version, WrittenRow } from './incoming.ts';
import { getEntityDefinition } from './registry.ts';
import { applyOverrides, readExisting, buildRow, withOverrides } from './rows.ts';

/**
 * Compares versions, by external id, with the stored rows and returns the necessary writes without
 * doing them. A row that a later response has changed is left alone.
 */
export async function compareVersions(
  tx: Tx,
  name: EntityName,
  place: StreamOrigin,
  versions: ReadonlyMap<string, Version>,
): Promise<Rewrites> {
  const entity = getEntityDefinition(name);
  const existing = await readExisting(tx, entity.table, place, [...versions.keys()]);
  const pairs = [...versions].map(([externalId, version]) => ({
    version,
    before: existing.get(externalId) ?? null,
  }));
  const due = pairs.map(({ version, before }) => ({ item: version.incoming, before }));
  const applied = await applyOverrides(tx, entity, place.tenantId, due);
  const result: Rewrites = { inserts: [], updates: [], changes: [], unchanged: 0, applied };
  for (const { version, before } of pairs) {
    const incoming = withOverrides(applied, version.incoming, before);
    addRewrite(result, entity, place, { ...version, incoming }, before);
  }
  return result;
}

function addRewrite(
  result: Rewrites,
  entity: EntityDefinition,
  place: StreamOrigin,
  version: Version,
  before: AnyRow | null,
): void {
  if (before === null ? !version.mayInsert : version.isFallback && before.deletedAt !== null)
    return;
  const after = buildVersionRow(entity, place, version, before);
  if (
    before !== null &&
    (isSame(entity, place, version, before, after) || isNewer(before, version))
  ) {
    result.unchanged += version.isFallback ? 0 : 1;
    return;
  }
  (before === null ? result.inserts : result.updates).push(after);
  result.changes.push({ before: before?.deletedAt === null ? before : null, after });
}

function buildVersionRow(
  entity: EntityDefinition,
  place: StreamOrigin,
  version: Version,
  before: AnyRow | null,
): WrittenRow {
  const { incoming, snapshotId, receivedAt, past } = version;
  const hasHistory = before !== null && entity.history?.isLost(incoming.record, before) !== true;
  const row =
    hasHistory || past === undefined
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
 * Keeps the time of a live row: a new mapping does not make it newer, because whoever follows
 * changes by that time would otherwise read everything that depends on the row again.
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
  // A column may have kept fewer digits of a number than the record, whose digest is the same.
  const numbers = Object.entries(incoming.record).flatMap(([key, value]) =>
    typeof value === 'number' ? [key] : [],
  );
  const getValue = (row: object, key: string) => plain((row as Record<string, unknown>)[key]);
  return [...derived, ...numbers].every((key) => getValue(before, key) === getValue(after, key));
}

const plain = (value: unknown): unknown => (value instanceof Date ? value.getTime() : value);

/** Whether the row comes from a later response, whose snapshot is no longer stored. */
function isNewer(before: AnyRow, { snapshotId, receivedAt }: Version): boolean {
  return (
    before.deletedAt === null && before.changedAt > receivedAt && before.snapshotId !== snapshotId
  );
}
