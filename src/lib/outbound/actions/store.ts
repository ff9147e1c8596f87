import { and, eq, inArray, sql } from 'drizzle-orm';
import type { RecordState } from '../../connectors/contract/actions.ts';
import { recordAudit } from '../../identity/audit/record.ts';
import { withTenant } from '../../identity/tenancy/with-tenant.ts';
import { enqueueSync } from '../../ingest/request.ts';
import { requestSync } from '../../ingest/request-sync.ts';
import { enqueue } from '../../jobs/queue.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { Problem } from '../../platform/errors.ts';
import { newId } from '../../platform/id.ts';
import { writeBacks } from '../../schema/write-backs.ts';
import { maskBody } from '../audit-mask.ts';

export type WriteBackRow = typeof writeBacks.$inferSelect;

/** The record that is changed. */
export interface RecordRef {
  tenantId: string;
  connectionId: string;
  stream: string;
  externalId: string;
}

/** How an attempt ended. */
export type Finish = Pick<WriteBackRow, 'message'> &
  Partial<Pick<WriteBackRow, 'status' | 'response' | 'seenTag' | 'found' | 'foundTag'>> &
  (
    | { outcome: 'done' | 'conflict' | 'refused' | 'failed' }
    | { outcome: 'waiting'; nextAttemptAt: Date }
  );

/** A change as a person decided it. */
export interface NewWriteBack {
  before: RecordState;
  wanted: RecordState;
  seen: RecordState;
  seenTag: string | null;
  /** Set to `seenTag` when the source refused that version although it was the current one. */
  foundTag: string | null;
  /** What is going to be sent. */
  body: unknown;
  requestedBy: string | null;
}

/** What a stored change is in the audit log. */
type WriteBackAction = 'referral.changed' | 'referral.conflict_decided';

/**
 * When the first job for a change looks at it. The process that stored the change makes the first
 * attempt itself; the job takes over if that process dies.
 */
const takeOverMs = 3 * 60_000;

/**
 * An attempt that is under way for longer than this has lost its process: every request ends within
 * half a minute, and an attempt has at most four.
 */
export const lostAfterMs = 5 * 60_000;

export const whereWriteBack = ({ tenantId, id }: { tenantId: string; id: string }) =>
  and(eq(writeBacks.tenantId, tenantId), eq(writeBacks.id, id));

const whereRecord = ({ tenantId, connectionId, stream, externalId }: RecordRef) =>
  and(
    eq(writeBacks.tenantId, tenantId),
    eq(writeBacks.connectionId, connectionId),
    eq(writeBacks.stream, stream),
    eq(writeBacks.externalId, externalId),
  );

/**
 * Stores a change before anything is sent, with the job that sees to it. It replaces one of the
 * same record that waits for its next attempt or for a decision. Throws Problem `conflict` while
 * one is being sent.
 */
export function storeWriteBack(
  record: RecordRef,
  change: NewWriteBack,
  action: WriteBackAction = 'referral.changed',
): Promise<string> {
  const { tenantId, connectionId, stream, externalId } = record;
  const { body, ...fields } = change;
  const id = newId();
  return withTenant(tenantId, async (tx) => {
    await replaceOpen(tx, record);
    await tx.insert(writeBacks).values({
      ...fields,
      tenantId,
      id,
      connectionId,
      stream,
      externalId,
      request: maskBody(body),
      outcome: 'waiting',
      nextAttemptAt: sql`now()`,
    });
    await enqueueAttempt(tx, { tenantId, id }, new Date(Date.now() + takeOverMs), 'take-over');
    await recordAudit(tx, {
      tenantId,
      action,
      target: { type: 'referral', id: externalId },
      before: change.before,
      after: change.wanted,
    });
    return id;
  });
}

async function replaceOpen(tx: Tx, record: RecordRef): Promise<void> {
  const isOpen = inArray(writeBacks.outcome, ['waiting', 'conflict']);
  await tx
    .update(writeBacks)
    .set({
      outcome: 'withdrawn',
      finishedAt: sql`now()`,
      nextAttemptAt: null,
      message: 'A newer change took its place.',
    })
    .where(and(whereRecord(record), isOpen));
  const isUnderWay = sql`${writeBacks.outcome} = 'sent'
    and ${writeBacks.attemptedAt} > now() - make_interval(secs => ${lostAfterMs / 1000})`;
  const [running] = await tx
    .select({ id: writeBacks.id })
    .from(writeBacks)
    .where(and(whereRecord(record), isUnderWay))
    .limit(1);
  if (running !== undefined)
    throw new Problem(
      'conflict',
      'Another change of this record is being sent right now. Look again in a minute.',
    );
}

/**
 * Ends a change that waits for its next attempt or for a decision, because a person says so. False
 * when it does neither any more.
 */
export async function withdrawWriteBack(
  key: { tenantId: string; id: string },
  from: 'waiting' | 'conflict',
  message: string,
): Promise<boolean> {
  const row = await withTenant(key.tenantId, async (tx) => {
    const [changed] = await tx
      .update(writeBacks)
      .set({ outcome: 'withdrawn', finishedAt: sql`now()`, nextAttemptAt: null, message })
      .where(and(whereWriteBack(key), eq(writeBacks.outcome, from)))
      .returning({
        connectionId: writeBacks.connectionId,
        externalId: writeBacks.externalId,
        wanted: writeBacks.wanted,
      });
    if (changed !== undefined)
      await recordAudit(tx, {
        tenantId: key.tenantId,
        action: from === 'conflict' ? 'referral.conflict_decided' : 'referral.change_withdrawn',
        target: { type: 'referral', id: changed.externalId },
        before: { wanted: changed.wanted },
        after: { outcome: 'withdrawn' },
      });
    return changed;
  });
  if (row !== undefined) await requestRead(key.tenantId, row.connectionId);
  return row !== undefined;
}

/**
 * Stores how an attempt ended: queues the job for the next one, or requests a sync, so that pages
 * soon show what the source says.
 */
export async function finishAttempt(
  { tenantId, id, connectionId, attempts }: WriteBackRow,
  finish: Finish,
): Promise<void> {
  const isWaiting = finish.outcome === 'waiting';
  await withTenant(tenantId, async (tx) => {
    await tx
      .update(writeBacks)
      .set({ ...finish, finishedAt: isWaiting ? null : sql`now()` })
      .where(whereWriteBack({ tenantId, id }));
    if (isWaiting)
      await enqueueAttempt(tx, { tenantId, id }, finish.nextAttemptAt, String(attempts));
  });
  if (!isWaiting) await requestRead(tenantId, connectionId);
}

async function requestRead(tenantId: string, connectionId: string): Promise<void> {
  const mustEnqueue = await withTenant(tenantId, (tx) => requestSync(tx, tenantId, connectionId));
  if (mustEnqueue) await enqueueSync(tenantId, connectionId, null);
}

async function enqueueAttempt(
  tx: Tx,
  { tenantId, id }: { tenantId: string; id: string },
  startAfter: Date,
  name: string,
): Promise<void> {
  const payload = { tenantId, writeBackId: id };
  await enqueue('write-back', payload, { key: `${id}/${name}`, startAfter, tx });
}

/** The newest change of a record, and the newest that its source took. */
export async function selectWriteBacks(
  tx: Tx,
  record: RecordRef,
): Promise<{ last: WriteBackRow | undefined; lastDone: WriteBackRow | undefined }> {
  const rows = tx.select().from(writeBacks).where(whereRecord(record));
  const newest = sql`${writeBacks.id} desc`;
  const [last] = await rows.orderBy(newest).limit(1);
  const [lastDone] = await tx
    .select()
    .from(writeBacks)
    .where(and(whereRecord(record), eq(writeBacks.outcome, 'done')))
    .orderBy(newest)
    .limit(1);
  return { last, lastDone };
}
