import { and, eq, isNotNull } from 'drizzle-orm';
import type { Tx } from '../../platform/db/pool.ts';
import { recordErrors } from '../../schema/sync.ts';

/** A person's correction of an item; it applies while the source sends exactly this item. */
export interface Correction {
  /** Digest of the item as received. */
  digest: string;
  /** JSON merge patch (RFC 7396). */
  patch: unknown;
}

/** Corrections of a stream by the key of the item. */
export type Corrections = ReadonlyMap<string, Correction>;

/** The corrections for a stream of a connection, which `translateItem` applies. */
export async function loadCorrections(
  tx: Tx,
  tenantId: string,
  connectionId: string,
  stream: string,
): Promise<Corrections> {
  const whereStream = and(
    eq(recordErrors.tenantId, tenantId),
    eq(recordErrors.connectionId, connectionId),
    eq(recordErrors.stream, stream),
  );
  const rows = await tx
    .select({
      key: recordErrors.itemKey,
      digest: recordErrors.itemDigest,
      patch: recordErrors.correction,
    })
    .from(recordErrors)
    .where(and(whereStream, isNotNull(recordErrors.correction)));
  return new Map(rows.map(({ key, digest, patch }) => [key, { digest, patch }]));
}
