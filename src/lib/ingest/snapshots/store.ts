import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { deflate, inflate } from 'node:zlib';
import { and, eq, sql, type SQL } from 'drizzle-orm';
import { equalsInOrder, withSortDisabled } from '../../platform/db/planner.ts';
import type { Tx } from '../../platform/db/pool.ts';
import type { HttpResponse } from '../../platform/http/types.ts';
import { rawBodies, rawSnapshots } from '../../schema/snapshots.ts';

const compress = promisify(deflate);
const decompress = promisify(inflate);

/**
 * A body ready to be stored. It is packed before the transaction, so that no lock is held during
 * the compression.
 */
export interface PackedBody {
  sha256: Buffer;
  compressed: Buffer;
  size: number;
}

export async function packBody(body: string): Promise<PackedBody> {
  const bytes = Buffer.from(body, 'utf8');
  const compressed = await compress(bytes, { level: 1 });
  return { sha256: createHash('sha256').update(bytes).digest(), compressed, size: bytes.length };
}

interface SnapshotMeta {
  id: string;
  tenantId: string;
  connectionId: string;
  runId: string;
  stream: string;
  passId: string;
  pageNo: number;
  partition: string | null;
  externalIds: string[];
  /** Ids that the page itself says are deleted. */
  deletedIds: string[];
}

/** A response that is about to be stored. */
export interface NewSnapshot {
  meta: SnapshotMeta;
  answer: HttpResponse;
  body: PackedBody;
}

/**
 * Stores responses exactly as received, in one statement. Equal bodies are stored once. A body that
 * exists already is locked against deletion first; one that is being deleted is waited for and
 * stored anew. Bodies are locked in the order of their digests, so that two transactions that store
 * the same bodies do not deadlock. All snapshots belong to the tenant of the first.
 */
export async function storeSnapshots(tx: Tx, snapshots: readonly NewSnapshot[]): Promise<void> {
  const [first] = snapshots;
  if (first === undefined) return;
  const { tenantId } = first.meta;
  const bodies = [...new Map(snapshots.map(({ body }) => [body.sha256.toString('hex'), body]))]
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([, body]) => body);
  const given = bodies.map(
    ({ sha256, compressed, size }) => sql`(${sha256}::bytea, ${compressed}::bytea, ${size}::int)`,
  );
  // Looks up each body by its key.
  const known = sql`select sha256 from ${rawBodies} where tenant_id = ${tenantId}
    and ${equalsInOrder(sql`sha256`, sql`given.sha256`)} order by sha256 limit 1 for key share`;
  const statement = sql`
    with given (sha256, compressed, size) as (values ${joinList(given)}),
    held as materialized (select known.sha256 from given, lateral (${known}) as known),
    stored as (
      insert into ${rawBodies} (tenant_id, sha256, compressed, size)
      select ${tenantId}::uuid, sha256, compressed, size from given
        where sha256 not in (select sha256 from held) order by sha256 on conflict do nothing)
    insert into ${rawSnapshots}
      (tenant_id, id, connection_id, run_id, stream, pass_id, page_no, partition, received_at,
        status, content_type, sha256, external_ids, deleted_ids)
    values ${joinList(snapshots.map(toSnapshotRow))}`;
  await withSortDisabled(tx, () => tx.execute(statement));
}

function toSnapshotRow({ meta, answer, body }: NewSnapshot) {
  const {
    id,
    tenantId,
    connectionId,
    runId,
    stream,
    passId,
    pageNo,
    partition,
    externalIds,
    deletedIds,
  } = meta;
  return sql`(${tenantId}::uuid, ${id}::uuid, ${connectionId}::uuid, ${runId}::uuid, ${stream},
    ${passId}::uuid, ${pageNo}::int, ${partition}, ${answer.receivedAt.toISOString()}::timestamptz,
    ${answer.status}::int, ${answer.contentType}, ${body.sha256}::bytea,
    ${sql.param(externalIds)}::text[], ${sql.param(deletedIds)}::text[])`;
}

const joinList = (parts: SQL[]) => sql.join(parts, sql`, `);

/** The text of a stored body; undefined when there is none. Throws when it is damaged. */
export async function readBody(
  tx: Tx,
  tenantId: string,
  sha256: Buffer,
): Promise<string | undefined> {
  const rows = await tx
    .select()
    .from(rawBodies)
    .where(and(eq(rawBodies.tenantId, tenantId), eq(rawBodies.sha256, sha256)));
  return rows[0] === undefined ? undefined : unpackBody(rows[0]);
}

/** The text of a body. Throws when it is damaged. */
export async function unpackBody({
  sha256,
  compressed,
}: Pick<PackedBody, 'sha256' | 'compressed'>): Promise<string> {
  const bytes = await decompress(compressed);
  if (!createHash('sha256').update(bytes).digest().equals(sha256))
    throw new Error('A raw snapshot does not match its digest: it was damaged in storage.');
  return bytes.toString('utf8');
}
