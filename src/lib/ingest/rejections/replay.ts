import { and, inArray } from 'drizzle-orm';
import type { Tx } from '../../platform/db/pool.ts';
import { recordErrors } from '../../schema/sync.ts';
import type { StreamKey } from '../stream-key.ts';
import { whereRejectionOf } from './open.ts';
import { upsertRejections, resolveAccepted } from './record.ts';
import type { Rejection } from './rejection.ts';

/**
 * Records what a replay rejects and resolves what it accepts, by item key. A rejection that the
 * database holds already is left as it is, so that a replay does not count as another attempt.
 */
export async function recordReplayRejections(
  tx: Tx,
  streamKey: StreamKey,
  runId: string,
  {
    rejected,
    accepted,
  }: {
    rejected: readonly (Rejection & { snapshotId: string })[];
    accepted: readonly string[];
  },
): Promise<void> {
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
  streamKey: StreamKey,
  rejected: readonly Rejection[],
): Promise<Map<string, KnownRejection>> {
  if (rejected.length === 0) return new Map();
  const { itemKey, itemDigest, kind, reason, resolution, correction } = recordErrors;
  const keys = rejected.map((each) => each.itemKey);
  const rows = await tx
    .select({ itemKey, itemDigest, kind, reason, resolution, correction })
    .from(recordErrors)
    .where(and(whereRejectionOf(streamKey), inArray(itemKey, keys)));
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
  // It is open, or a person has discarded exactly this content.
  return known.resolution === 'discarded' || (known.resolution === null && !corrected);
}
