import { and, eq, inArray } from 'drizzle-orm';
import type { Tx } from '../../platform/db/pool.ts';
import { recordErrors } from '../../schema/sync.ts';
import { upsertRejections, resolveAccepted } from '../rejections/record.ts';
import type { Rejection } from '../translate.ts';
import type { Stream } from '../types.ts';
import type { Batch } from './batch.ts';
import type { LeasedReplay } from './types.ts';

/**
 * Sets aside what is refused now, and takes off the list what is accepted. What is refused as
 * before is no news.
 */
export async function recordBatchRejections(
  tx: Tx,
  source: LeasedReplay,
  stream: Stream,
  { rejected, accepted }: Batch,
): Promise<void> {
  const { tenantId, connectionId, runId } = source;
  const streamKey = { tenantId, connectionId, stream: stream.name };
  const known = await readKnownRejections(tx, streamKey, rejected);
  const changed = rejected.filter((each) => !isKnown(known.get(each.itemKey), each));
  for (const [snapshotId, errors] of Map.groupBy(changed, (each) => each.snapshotId))
    await upsertRejections(tx, { ...streamKey, runId, snapshotId }, errors);
  await resolveAccepted(tx, streamKey, accepted);
}

type KnownRejection = Pick<
  typeof recordErrors.$inferSelect,
  'itemKey' | 'itemDigest' | 'kind' | 'reason' | 'resolution' | 'correction'
>;

async function readKnownRejections(
  tx: Tx,
  { tenantId, connectionId, stream }: { tenantId: string; connectionId: string; stream: string },
  rejected: readonly Rejection[],
): Promise<Map<string, KnownRejection>> {
  if (rejected.length === 0) return new Map();
  const { itemKey, itemDigest, kind, reason, resolution, correction } = recordErrors;
  const whereStream = and(
    eq(recordErrors.tenantId, tenantId),
    eq(recordErrors.connectionId, connectionId),
    eq(recordErrors.stream, stream),
  );
  const rows = await tx
    .select({ itemKey, itemDigest, kind, reason, resolution, correction })
    .from(recordErrors)
    .where(
      and(
        whereStream,
        inArray(
          itemKey,
          rejected.map((each) => each.itemKey),
        ),
      ),
    );
  return new Map(rows.map((row) => [row.itemKey, row]));
}

function isKnown(
  known: KnownRejection | undefined,
  { digest, kind, reason, corrected }: Rejection,
): boolean {
  if (
    known === undefined ||
    known.itemDigest !== digest ||
    known.kind !== kind ||
    known.reason !== reason
  )
    return false;
  // Open, or given up by a person for this very content.
  return known.resolution === 'discarded' || (known.resolution === null && !corrected);
}
