import { and, eq, inArray } from 'drizzle-orm';
import type { Tx } from '../../platform/db/pool.ts';
import { recordErrors } from '../../schema/sync.ts';
import { setAside, settle } from '../rejections/record.ts';
import type { Rejected } from '../translate.ts';
import type { Stream } from '../types.ts';
import type { Batch } from './batch.ts';
import type { HeldReplay } from './types.ts';

/**
 * Sets aside what is refused now, and takes off the list what is accepted. What is refused as
 * before is no news.
 */
export async function putAside(
  tx: Tx,
  source: HeldReplay,
  stream: Stream,
  { rejected, accepted }: Batch,
): Promise<void> {
  const { tenantId, connectionId, runId } = source;
  const place = { tenantId, connectionId, stream: stream.name };
  const known = await knownErrors(tx, place, rejected);
  const news = rejected.filter((each) => !isKnown(known.get(each.itemKey), each));
  for (const [snapshotId, errors] of Map.groupBy(news, (each) => each.snapshotId))
    await setAside(tx, { ...place, runId, snapshotId }, errors);
  await settle(tx, place, accepted);
}

type Known = Pick<
  typeof recordErrors.$inferSelect,
  'itemKey' | 'itemDigest' | 'kind' | 'reason' | 'resolution' | 'correction'
>;

async function knownErrors(
  tx: Tx,
  { tenantId, connectionId, stream }: { tenantId: string; connectionId: string; stream: string },
  rejected: readonly Rejected[],
): Promise<Map<string, Known>> {
  if (rejected.length === 0) return new Map();
  const { itemKey, itemDigest, kind, reason, resolution, correction } = recordErrors;
  const ofStream = and(
    eq(recordErrors.tenantId, tenantId),
    eq(recordErrors.connectionId, connectionId),
    eq(recordErrors.stream, stream),
  );
  const rows = await tx
    .select({ itemKey, itemDigest, kind, reason, resolution, correction })
    .from(recordErrors)
    .where(
      and(
        ofStream,
        inArray(
          itemKey,
          rejected.map((each) => each.itemKey),
        ),
      ),
    );
  return new Map(rows.map((row) => [row.itemKey, row]));
}

function isKnown(known: Known | undefined, { digest, kind, reason, corrected }: Rejected): boolean {
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
