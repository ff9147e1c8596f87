import { and, eq, inArray, sql } from 'drizzle-orm';
import { recordAudit, type AuditEntry } from '../../identity/audit/record.ts';
import { type Incoming, type Origin } from '../../entities/incoming.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { Problem } from '../../platform/errors.ts';
import { isId } from '../../platform/id.ts';
import type { JobPayload } from '../../jobs/jobs.ts';
import { enqueue } from '../../jobs/queue.ts';
import { applyPages } from '../apply.ts';
import type { Correction } from './corrections.ts';
import { recordErrors } from '../../schema/sync.ts';
import { hashItem } from '../item.ts';
import { translateItem } from '../translate.ts';
import type { Rejection } from './rejection.ts';
import type { Actor } from '../../identity/actor.ts';
import { withTenant } from '../../identity/tenancy/with-tenant.ts';
import { isFailedJobOpen } from '../../jobs/failed/store.ts';
import { toSubject } from '../../jobs/failed/subject.ts';
import {
  countRejectionGroup,
  lockRejectionGroup,
  lockOpenRejection,
  requireOpenRejection,
  type RejectionGroup,
} from './locks.ts';
import { rejectionKindLabel, toRecordTarget } from './labels.ts';
import { rawItemUnavailable, readRawItems, type RawItem, type RecordError } from './raw.ts';
import { withLockedStream, type StoredStream } from './stream.ts';

/** The results of a retry; the responses of `unreadable` records are gone or damaged. */
export interface RetryTally {
  accepted: number;
  rejected: number;
  unreadable: number;
}

/** The most records that are retried while the person waits; more are retried in a job. */
const maxInlineRetries = 50;
/** Records that one transaction retries. */
const batchSize = 200;

/**
 * Retries one record from its stored response, with the current mapping. False when it is rejected
 * again.
 */
export async function retryRecord(actor: Actor, id: string): Promise<boolean> {
  const { connectionId, stream } = await requireOpenRejection(actor, id);
  const tally = await withLockedStream(
    { tenantId: actor.tenantId, connectionId, stream },
    async (tx, open) => {
      const rejection = await lockOpenRejection(tx, actor, id);
      const result = await retryErrors(tx, open, [rejection], actor.userId);
      await recordRetry(tx, actor.tenantId, toRecordTarget(rejection), result);
      return result;
    },
  );
  if (tally.unreadable > 0) throw rawItemUnavailable();
  return tally.accepted > 0;
}

/**
 * Retries all records of a kind: a few right away, many in a job. With a job the result is
 * undefined, and the shrinking list shows the progress.
 */
export async function retryGroup(
  actor: Actor,
  { connectionId, stream, kind }: Omit<RejectionGroup, 'tenantId'>,
): Promise<RetryTally | undefined> {
  const group = { tenantId: actor.tenantId, connectionId, stream, kind };
  const open = isId(connectionId) ? await countRejectionGroup(group) : 0;
  if (open === 0)
    throw new Problem(
      'conflict',
      'There are no failed records of this kind any more. The list below is up to date.',
    );
  if (open <= maxInlineRetries)
    return withLockedStream(group, async (tx, place) => {
      const errors = await lockRejectionGroup(tx, group, null, maxInlineRetries);
      const tally = await retryErrors(tx, place, errors, actor.userId);
      await recordRetry(tx, actor.tenantId, toGroupTarget(group), tally);
      return tally;
    });
  const payload = { ...group, after: null, requestedBy: actor.userId };
  const subject = toSubject(payload);
  if (await isFailedJobOpen(actor.tenantId, 'retry-records', subject))
    throw new Problem(
      'conflict',
      'An earlier retry of these records failed. Retry it under failed jobs.',
    );
  const queued = await withTenant(actor.tenantId, async (tx) => {
    if (!(await enqueue('retry-records', payload, { key: subject, tx }))) return false;
    await recordRetry(tx, actor.tenantId, toGroupTarget(group), { records: open });
    return true;
  });
  if (!queued)
    throw new Problem(
      'conflict',
      'A retry of these records is already under way. The list gets shorter while it goes on.',
    );
  return undefined;
}

const toGroupTarget = ({ stream, kind }: RejectionGroup) => ({
  type: 'record',
  label: `${stream}: ${rejectionKindLabel(kind)}`,
});

/** `result` counts the records: what became of them, or how many a job retries. */
function recordRetry(
  tx: Tx,
  tenantId: string,
  target: NonNullable<AuditEntry['target']>,
  result: RetryTally | { records: number },
): Promise<void> {
  return recordAudit(tx, { tenantId, action: 'record.retried', target, after: { ...result } });
}

/**
 * Retries a group in batches of one transaction each. Returns null when the group is done, or the
 * id after which to continue when `isOver` says so after a batch.
 */
export async function retrySlice(
  payload: JobPayload<'retry-records'>,
  isOver: () => boolean,
): Promise<string | null> {
  for (let after = payload.after; ;) {
    const position = after;
    const batch = await withLockedStream(payload, async (tx, stream) => {
      const errors = await lockRejectionGroup(tx, payload, position, batchSize);
      await retryErrors(tx, stream, errors, payload.requestedBy);
      return errors;
    });
    after = batch.at(-1)?.id ?? null;
    if (batch.length < batchSize || after === null) return null;
    if (isOver()) return after;
  }
}

/**
 * Translates items again and stores those that are accepted, in the caller's transaction, which has
 * locked the stream.
 */
async function retryErrors(
  tx: Tx,
  stream: StoredStream,
  errors: readonly RecordError[],
  by: string | null,
): Promise<RetryTally> {
  const items = await readRawItems(tx, stream, errors);
  const outcomes = items.map((raw) => ({
    raw,
    ...translateItem(stream.definition, raw.item, raw.context, toCorrections(raw)),
  }));
  const accepted = outcomes.flatMap(({ raw, incoming }) =>
    incoming === undefined ? [] : [{ raw, incoming }],
  );
  const rejected = outcomes.flatMap(({ raw, rejected: again }) =>
    again === undefined ? [] : [{ raw, again }],
  );
  await storeAccepted(tx, stream, accepted);
  await markAccepted(
    tx,
    stream.tenantId,
    accepted.map(({ raw }) => raw.error.id),
    by,
  );
  for (const { raw, again } of rejected) await markRejected(tx, raw.error, again);
  return {
    accepted: accepted.length,
    rejected: rejected.length,
    unreadable: errors.length - items.length,
  };
}

function toCorrections({
  error: { itemKey, correction },
  item,
}: RawItem): ReadonlyMap<string, Correction> {
  return correction === null
    ? new Map()
    : new Map([[itemKey, { digest: hashItem(item), patch: correction }]]);
}

/** Stores records as of the time of their response, so that newer versions stay. */
export async function storeAccepted(
  tx: Tx,
  stream: StoredStream,
  accepted: readonly { raw: Pick<RawItem, 'snapshotId' | 'receivedAt'>; incoming: Incoming }[],
): Promise<void> {
  const { tenantId, connectionId, provider, timeZone, definition } = stream;
  for (const [snapshotId, records] of Map.groupBy(accepted, ({ raw }) => raw.snapshotId)) {
    const receivedAt = records[0]?.raw.receivedAt ?? new Date();
    const origin: Origin = {
      tenantId,
      connectionId,
      provider,
      stream: definition.name,
      snapshotId,
      timeZone,
      receivedAt,
    };
    await applyPages(tx, origin, definition.entity, [
      { origin, incoming: records.map(({ incoming }) => incoming) },
    ]);
  }
}

async function markAccepted(
  tx: Tx,
  tenantId: string,
  ids: string[],
  by: string | null,
): Promise<void> {
  if (ids.length === 0) return;
  const resolution = sql`case when ${recordErrors.correction} is null then 'accepted'
    else 'corrected' end`;
  await tx
    .update(recordErrors)
    .set({ resolvedAt: sql`now()`, resolution, resolvedBy: by })
    .where(and(eq(recordErrors.tenantId, tenantId), inArray(recordErrors.id, ids)));
}

async function markRejected(
  tx: Tx,
  { tenantId, id }: RecordError,
  { kind, reason }: Rejection,
): Promise<void> {
  await tx
    .update(recordErrors)
    .set({ kind, reason, attempts: sql`${recordErrors.attempts} + 1` })
    .where(and(eq(recordErrors.tenantId, tenantId), eq(recordErrors.id, id)));
}
