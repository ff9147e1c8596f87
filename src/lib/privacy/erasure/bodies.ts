import { sql } from 'drizzle-orm';
import { readTenant, retryInTenant } from '../../identity/tenancy/with-tenant.ts';
import { toItemKey } from '../../ingest/item.ts';
import { deleteUnreferencedBodies } from '../../ingest/snapshots/prune.ts';
import { packBody, unpackBody, type PackedBody } from '../../ingest/snapshots/store.ts';
import { createPlaceholder } from '../../ingest/suppression/page.ts';
import { rewriteBody, type Rewritten } from '../../ingest/suppression/rewrite-body.ts';
import type { Suppression } from '../../ingest/suppression/suppression.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { createStreamFinder, type OpenStream } from './streams.ts';
import { count, type Tally } from './tally.ts';

/** Bodies that are read at once. */
const batchSize = 50;

interface StoredBody extends Record<string, unknown> {
  sha256: Buffer;
  compressed: Buffer;
}

/** The snapshots of one stream and parent that have a body. */
interface Use extends Record<string, unknown> {
  connectionId: string;
  stream: string;
  partition: string | null;
}

/**
 * Rewrites the stored responses that hold erased people. A body is stored by its content, so the
 * rest becomes a new body, the snapshots are pointed at it, and the old one is deleted. Responses
 * without anybody erased are not touched.
 */
export async function eraseFromBodies(
  tenantId: string,
  suppression: Suppression,
  after: string | null,
  tally: Tally,
  isOver: () => boolean,
): Promise<string | null> {
  const open = createStreamFinder(tenantId);
  for (let last = after ?? ''; ;) {
    const bodies = await readTenant(tenantId, (tx) => selectBodies(tx, tenantId, last));
    for (const body of bodies) await eraseFromBody(tenantId, suppression, open, body, tally);
    last = bodies.at(-1)?.sha256.toString('hex') ?? last;
    if (bodies.length < batchSize) break;
    if (isOver()) return last;
  }
  await deleteUnreferencedBodies(tenantId, () => false);
  return null;
}

async function selectBodies(tx: Tx, tenantId: string, after: string): Promise<StoredBody[]> {
  const { rows } = await tx.execute<StoredBody>(sql`
    select sha256, compressed from raw_bodies
    where tenant_id = ${tenantId} and sha256 > ${Buffer.from(after, 'hex')}
    order by sha256 limit ${batchSize}`);
  return rows;
}

async function eraseFromBody(
  tenantId: string,
  suppression: Suppression,
  open: ReturnType<typeof createStreamFinder>,
  body: StoredBody,
  tally: Tally,
): Promise<void> {
  const text = await unpackBody(body).catch(() => undefined);
  for (const use of await readTenant(tenantId, (tx) => selectUses(tx, tenantId, body.sha256))) {
    const found = await open(use.connectionId, use.stream);
    const rewritten = rewrite(suppression, found, use, text);
    if (rewritten === undefined) continue;
    const packed = await packBody(rewritten.body);
    await retryInTenant(tenantId, async (tx) => {
      const snapshots = await replaceBody(tx, tenantId, use, body.sha256, packed);
      await replaceIds(tx, tenantId, use, packed.sha256, rewritten);
      if (found !== undefined) await deleteRejections(tx, found, rewritten, tally);
      count(tally.changed, 'raw_snapshots', snapshots);
      count(tally.removed, 'raw_items', rewritten.dropped.length);
    });
  }
}

async function selectUses(tx: Tx, tenantId: string, sha256: Buffer): Promise<Use[]> {
  const { rows } = await tx.execute<Use>(sql`
    select distinct connection_id as "connectionId", stream, partition from raw_snapshots
    where tenant_id = ${tenantId} and sha256 = ${sha256} order by 1, 2, 3`);
  return rows;
}

/** A body that cannot be read any more is emptied: nobody could tell whom it holds. */
function rewrite(
  suppression: Suppression,
  found: OpenStream | undefined,
  { connectionId, partition }: Use,
  text: string | undefined,
): Rewritten | undefined {
  const items = found && text !== undefined ? parse(found, text) : undefined;
  if (text === undefined) return { body: '', kept: [], dropped: [] };
  if (found === undefined || items === undefined) {
    const body = suppression.maskText(text);
    return body === text ? undefined : { body, kept: [], dropped: [] };
  }
  const { settings, currency } = found.source;
  const place = { settings, currency, connectionId, partition };
  return rewriteBody(suppression, found.stream, place, text, items);
}

function parse({ stream }: OpenStream, text: string): unknown[] | undefined {
  try {
    return stream.parse(text);
  } catch {
    return undefined;
  }
}

const whereUse = (tenantId: string, { connectionId, stream, partition }: Use) =>
  sql`tenant_id = ${tenantId} and connection_id = ${connectionId} and stream = ${stream}
    and partition is not distinct from ${partition}`;

/** Points the snapshots of a body at its rest, and deletes it if no other has it. */
async function replaceBody(
  tx: Tx,
  tenantId: string,
  use: Use,
  old: Buffer,
  { sha256, compressed, size }: PackedBody,
): Promise<number> {
  await tx.execute(sql`
    insert into raw_bodies (tenant_id, sha256, compressed, size)
    values (${tenantId}, ${sha256}, ${compressed}, ${size}) on conflict do nothing`);
  const moved = await tx.execute(sql`
    update raw_snapshots set sha256 = ${sha256} where ${whereUse(tenantId, use)}
      and sha256 = ${old}`);
  await tx.execute(sql`
    delete from raw_bodies as body where tenant_id = ${tenantId} and sha256 = ${old}
      and not exists (select from raw_snapshots as page where page.tenant_id = ${tenantId}
        and page.sha256 = body.sha256)`);
  return moved.rowCount ?? 0;
}

/** Replaces the ids of dropped items, so that a list stays as long as its source said. */
async function replaceIds(
  tx: Tx,
  tenantId: string,
  use: Use,
  sha256: Buffer,
  { dropped }: Rewritten,
): Promise<void> {
  for (const { id } of dropped)
    if (id !== undefined)
      await tx.execute(sql`
        update raw_snapshots
        set external_ids = array_replace(external_ids, ${id}, ${createPlaceholder()}),
          deleted_ids = array_remove(deleted_ids, ${id})
        where ${whereUse(tenantId, use)} and sha256 = ${sha256}`);
}

/** Deletes what is kept of dropped items as rejected records. */
async function deleteRejections(
  tx: Tx,
  { source, stream }: OpenStream,
  { dropped }: Rewritten,
  tally: Tally,
): Promise<void> {
  const keys = dropped.map(({ item }) => toItemKey(stream, item));
  if (keys.length === 0) return;
  const { rowCount } = await tx.execute(sql`
    delete from record_errors where tenant_id = ${source.tenantId}
      and connection_id = ${source.connectionId} and stream = ${stream.name}
      and item_key = any(${sql.param(keys)}::text[])`);
  count(tally.removed, 'record_errors', rowCount ?? 0);
}
