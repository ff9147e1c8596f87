import { getTableName, sql } from 'drizzle-orm';
import { getEntityDefinition } from '../../entities/registry.ts';
import { readTenant, retryInTenant } from '../../identity/tenancy/with-tenant.ts';
import { applyDeletion, applyPages, applyRemoval } from '../../ingest/apply.ts';
import { lockStream } from '../../ingest/state.ts';
import { judgeItem, type Verdict } from '../../ingest/suppression/judge.ts';
import type { Suppression } from '../../ingest/suppression/suppression.ts';
import { translateItem } from '../../ingest/translate.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { entityNames, type EntityName } from '../../records/registry.ts';
import { createStreamFinder, type OpenStream } from './streams.ts';
import { count, type Tally } from './tally.ts';

/** Rows that are compared with the list at once. */
const batchSize = 500;

interface StoredRow extends Record<string, unknown> {
  id: string;
  connectionId: string;
  stream: string;
  externalId: string;
  parent: string | null;
  email: string | null;
  phone: string | null;
  snapshotId: string;
  changedAt: string;
  deletedAt: string | null;
  raw: unknown;
}

/**
 * Removes the rows of erased people, and takes them out of rows that only name them, which then
 * equal what a sync of the rest of the item would have stored.
 */
export async function eraseFromRows(
  tenantId: string,
  suppression: Suppression,
  after: string | null,
  tally: Tally,
  isOver: () => boolean,
): Promise<string | null> {
  const [from, lastId] = (after ?? ` `).split(' ');
  const open = createStreamFinder(tenantId);
  const start = Math.max(0, entityNames.indexOf(from as EntityName));
  for (const entity of entityNames.slice(start)) {
    let id = entity === from ? (lastId ?? '') : '';
    for (;;) {
      const rows = await readTenant(tenantId, (tx) => selectRows(tx, tenantId, entity, id));
      for (const row of rows) {
        const place = await open(row.connectionId, row.stream);
        if (place === undefined || !isAffected(suppression, place, row)) continue;
        await retryInTenant(tenantId, (tx) =>
          eraseRow(tx, suppression, entity, place, row.id, tally),
        );
      }
      const last = rows.at(-1)?.id;
      if (last === undefined || rows.length < batchSize) break;
      id = last;
      if (isOver()) return `${entity} ${id}`;
    }
  }
  return null;
}

async function selectRows(
  tx: Tx,
  tenantId: string,
  entity: EntityName,
  afterId: string,
  onlyId?: string,
): Promise<StoredRow[]> {
  const { table } = getEntityDefinition(entity);
  const parent = entity === 'note' || entity === 'scheduledActivity' ? 'contact_id' : 'null::text';
  const person =
    entity === 'lead' || entity === 'contact' ? 'email, phone' : 'null as email, null as phone';
  const behind = afterId === '' ? sql`true` : sql`id > ${afterId}`;
  const only = onlyId === undefined ? sql`true` : sql`id = ${onlyId}`;
  const { rows } = await tx.execute<StoredRow>(sql`
    select id, connection_id as "connectionId", stream, external_id as "externalId",
      ${sql.raw(parent)} as parent, ${sql.raw(person)}, snapshot_id as "snapshotId",
      changed_at as "changedAt", deleted_at as "deletedAt", raw_json as raw
    from ${table} where tenant_id = ${tenantId} and ${behind} and ${only}
    order by id limit ${batchSize}`);
  return rows;
}

const toPlace = ({ source, stream }: OpenStream, { connectionId, parent }: StoredRow) => ({
  settings: source.settings,
  currency: source.currency,
  connectionId,
  partition: stream.listing.kind === 'partitioned' ? parent : undefined,
});

/** A field of the row may come from a CRM or a person and not from the item. */
const namesErased = (suppression: Suppression, { email, phone }: StoredRow): boolean =>
  [email, phone].some((text) => text !== null && suppression.maskText(text) !== text);

const judgeRow = (suppression: Suppression, open: OpenStream, row: StoredRow): Verdict =>
  judgeItem(suppression, open.stream, toPlace(open, row), row.raw);

function isAffected(suppression: Suppression, open: OpenStream, row: StoredRow): boolean {
  const verdict = judgeRow(suppression, open, row);
  return !verdict.isKept || verdict.item !== row.raw || namesErased(suppression, row);
}

/** Erases one row under the lock of its stream, by what it says then. */
async function eraseRow(
  tx: Tx,
  suppression: Suppression,
  entity: EntityName,
  open: OpenStream,
  id: string,
  tally: Tally,
): Promise<void> {
  const { tenantId, connectionId } = open.source;
  const place = { tenantId, connectionId, stream: open.stream.name };
  await lockStream(tx, place);
  const [row] = await selectRows(tx, tenantId, entity, '', id);
  if (row === undefined) return;
  const table = getTableName(getEntityDefinition(entity).table);
  const verdict = judgeRow(suppression, open, row);
  const isKept =
    verdict.isKept &&
    !namesErased(suppression, row) &&
    (await rewriteRow(tx, entity, open, row, verdict.item));
  if (isKept) count(tally.changed, table, 1);
  else count(tally.removed, table, await applyRemoval(tx, place, entity, [id]));
}

/** Stores the rest of an item in its row; false when the rest makes no record. */
async function rewriteRow(
  tx: Tx,
  entity: EntityName,
  open: OpenStream,
  row: StoredRow,
  item: unknown,
): Promise<boolean> {
  const { tenantId, connectionId, provider, timeZone } = open.source;
  const place = toPlace(open, row);
  const context = { ...place, partition: place.partition ?? undefined, index: 0 };
  const { incoming } = translateItem(open.stream, item, context, new Map());
  if (incoming === undefined || incoming.record.externalId !== row.externalId) return false;
  const stream = open.stream.name;
  const origin = {
    tenantId,
    connectionId,
    provider: provider.key,
    stream,
    timeZone,
    snapshotId: row.snapshotId,
    receivedAt: new Date(row.changedAt),
  };
  await applyPages(tx, origin, entity, [{ origin, incoming: [incoming] }]);
  if (row.deletedAt !== null)
    await applyDeletion(tx, origin, entity, sql`id = ${row.id}`, new Date(row.deletedAt));
  return true;
}
