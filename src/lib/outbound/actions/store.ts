import { isDeepStrictEqual } from 'node:util';
import { and, eq, inArray, isNull, ne, sql } from 'drizzle-orm';
import type { ActionKey, RecordState } from '../../connectors/contract/actions.ts';
import { recordAudit, type AuditEntry } from '../../identity/audit/record.ts';
import { withTenant } from '../../identity/tenancy/with-tenant.ts';
import { enqueueSync } from '../../ingest/request.ts';
import { requestSync } from '../../ingest/request-sync.ts';
import { enqueue } from '../../jobs/queue.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { Problem } from '../../platform/errors.ts';
import { newId } from '../../platform/id.ts';
import { FencedError } from '../../platform/lease.ts';
import { writeBacks } from '../../schema/write-backs.ts';
import { maskBody } from '../audit-mask.ts';

export type WriteBackRow = typeof writeBacks.$inferSelect;

/** A record, and what is done to it. */
export interface ActionRef {
  tenantId: string;
  connectionId: string;
  stream: string;
  externalId: string;
  action: ActionKey;
}

/** How an attempt ended. */
export type Finish = Pick<WriteBackRow, 'message'> &
  Partial<Pick<WriteBackRow, 'status' | 'response' | 'seenTag' | 'found' | 'foundTag'>> &
  (
    | { outcome: 'done' | 'conflict' | 'refused' | 'failed' | 'unknown' }
    | {
        outcome: 'waiting';
        nextAttemptAt: Date;
        /** It may have arrived, so the next attempt begins by looking for it. */
        mayHaveArrived?: boolean;
      }
  );

/** An action as a person decided it. */
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

export interface StoreOptions {
  /** Its id, when the caller chose one: storing it again has no effect. */
  id?: string;
  /** Whether it takes the place of an action of the same key that is still open. */
  replaces: boolean;
  /** Whether the caller makes the first attempt itself; otherwise a job does so at once. */
  attemptsHere: boolean;
  audit: AuditEntry;
}

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

const whereSame = ({ tenantId, connectionId, stream, externalId, action }: ActionRef) =>
  and(
    eq(writeBacks.tenantId, tenantId),
    eq(writeBacks.connectionId, connectionId),
    eq(writeBacks.stream, stream),
    eq(writeBacks.externalId, externalId),
    eq(writeBacks.action, action),
  );

/**
 * Stores an action before anything is sent, with the job that sees to it. Throws Problem `conflict`
 * while one that it would replace is being sent, and for an id that another action has.
 */
export function storeWriteBack(
  ref: ActionRef,
  { body, ...fields }: NewWriteBack,
  { id = newId(), replaces, attemptsHere, audit }: StoreOptions,
): Promise<string> {
  const { tenantId } = ref;
  return withTenant(tenantId, async (tx) => {
    const stored = await tx
      .insert(writeBacks)
      .values({
        ...fields,
        ...ref,
        id,
        request: maskBody(body),
        outcome: 'waiting',
        nextAttemptAt: sql`now()`,
      })
      .onConflictDoNothing()
      .returning({ id: writeBacks.id });
    if (stored.length === 0) {
      await assertSame(tx, ref, { id, wanted: fields.wanted });
      return id;
    }
    if (replaces) await replaceOpen(tx, ref, id);
    const startAfter = new Date(Date.now() + (attemptsHere ? takeOverMs : 0));
    await enqueueAttempt(tx, { tenantId, id }, startAfter, 'take-over');
    await recordAudit(tx, { tenantId, ...audit });
    return id;
  });
}

async function assertSame(
  tx: Tx,
  ref: ActionRef,
  { id, wanted }: Pick<WriteBackRow, 'id' | 'wanted'>,
): Promise<void> {
  const [same] = await tx
    .select({ wanted: writeBacks.wanted })
    .from(writeBacks)
    .where(and(whereSame(ref), eq(writeBacks.id, id)));
  if (same === undefined || !isDeepStrictEqual(same.wanted, wanted))
    throw new Problem(
      'conflict',
      'Something else was sent under this id already. Reload the page and send it again.',
    );
}

async function replaceOpen(tx: Tx, ref: ActionRef, id: string): Promise<void> {
  const isOpen = inArray(writeBacks.outcome, ['waiting', 'conflict']);
  await tx
    .update(writeBacks)
    .set({
      outcome: 'withdrawn',
      finishedAt: sql`now()`,
      nextAttemptAt: null,
      message: 'A newer change took its place.',
    })
    .where(and(whereSame(ref), ne(writeBacks.id, id), isOpen));
  const isUnderWay = sql`${writeBacks.outcome} = 'sent'
    and ${writeBacks.attemptedAt} > now() - make_interval(secs => ${lostAfterMs / 1000})`;
  const [running] = await tx
    .select({ id: writeBacks.id })
    .from(writeBacks)
    .where(and(whereSame(ref), isUnderWay))
    .limit(1);
  if (running !== undefined)
    throw new Problem(
      'conflict',
      'Another change of this record is being sent right now. Look again in a minute.',
    );
}

/**
 * Ends a change that waits for its next attempt or for a decision, because a person says so. False
 * when it does neither any more, and for one that may have arrived already.
 */
export async function withdrawWriteBack(
  key: { tenantId: string; id: string },
  from: 'waiting' | 'conflict',
  message: string,
  audit: Pick<AuditEntry, 'action'> & { type: string },
): Promise<boolean> {
  const row = await withTenant(key.tenantId, async (tx) => {
    const [changed] = await tx
      .update(writeBacks)
      .set({ outcome: 'withdrawn', finishedAt: sql`now()`, nextAttemptAt: null, message })
      .where(and(whereWriteBack(key), eq(writeBacks.outcome, from), isNull(writeBacks.departedAt)))
      .returning({
        connectionId: writeBacks.connectionId,
        externalId: writeBacks.externalId,
        wanted: writeBacks.wanted,
      });
    if (changed !== undefined)
      await recordAudit(tx, {
        tenantId: key.tenantId,
        action: audit.action,
        target: { type: audit.type, id: changed.externalId },
        before: { wanted: changed.wanted },
        after: { outcome: 'withdrawn' },
      });
    return changed;
  });
  if (row !== undefined) await requestRead(key.tenantId, row.connectionId);
  return row !== undefined;
}

/**
 * Notes that a write is about to be sent, in this attempt. Throws FencedError when another process
 * has taken the action over, which then sends it instead.
 */
export async function markDeparture({ tenantId, id, attempts }: WriteBackRow): Promise<void> {
  const rows = await withTenant(tenantId, (tx) =>
    tx
      .update(writeBacks)
      .set({ departedAt: sql`now()`, attemptedAt: sql`now()` })
      .where(whereAttempt({ tenantId, id, attempts }))
      .returning({ id: writeBacks.id }),
  );
  if (rows.length === 0) throw new FencedError();
}

/** The row while the attempt is the current one: the number of attempts is its fencing token. */
const whereAttempt = (row: Pick<WriteBackRow, 'tenantId' | 'id' | 'attempts'>) =>
  and(whereWriteBack(row), eq(writeBacks.attempts, row.attempts), eq(writeBacks.outcome, 'sent'));

/**
 * Stores how an attempt ended: queues the job for the next one, or requests a sync, so that pages
 * soon show what the source says. Throws FencedError when another process has taken it over.
 */
export async function finishAttempt(row: WriteBackRow, finish: Finish): Promise<void> {
  const { tenantId, id, connectionId, attempts } = row;
  const isWaiting = finish.outcome === 'waiting';
  const { mayHaveArrived = false, ...fields } = { mayHaveArrived: undefined, ...finish };
  await withTenant(tenantId, async (tx) => {
    const rows = await tx
      .update(writeBacks)
      .set({
        ...fields,
        finishedAt: isWaiting ? null : sql`now()`,
        ...(!mayHaveArrived && { departedAt: null }),
      })
      .where(whereAttempt(row))
      .returning({ id: writeBacks.id });
    if (rows.length === 0) throw new FencedError();
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

/** The newest such action of a record, and the newest that its source took. */
export async function selectWriteBacks(
  tx: Tx,
  ref: ActionRef,
): Promise<{ last: WriteBackRow | undefined; lastDone: WriteBackRow | undefined }> {
  const rows = tx.select().from(writeBacks).where(whereSame(ref));
  const newest = sql`${writeBacks.id} desc`;
  const [last] = await rows.orderBy(newest).limit(1);
  const [lastDone] = await tx
    .select()
    .from(writeBacks)
    .where(and(whereSame(ref), eq(writeBacks.outcome, 'done')))
    .orderBy(newest)
    .limit(1);
  return { last, lastDone };
}
