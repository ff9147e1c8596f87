import { and, eq, sql } from 'drizzle-orm';
import type { Tx } from '../../platform/db/pool.ts';
import { newId } from '../../platform/id.ts';
import { pushEvents, pushes } from '../../schema/pushes.ts';
import { updateLeadPushState } from '../push/lead-state.ts';
import type { PushRow } from './pending.ts';

/* Changes of a push that the transaction has locked. */

/**
 * Requests a push again, although its values are those that were sent last: its conflicts were
 * decided, or the CRM overwrote a value. The caller enqueues a job for it after the transaction.
 */
export async function makePushDue(tx: Tx, push: PushRow): Promise<void> {
  await tx
    .update(pushes)
    .set({
      state: 'pending',
      requestedAt: sql`clock_timestamp()`,
      dueAt: sql`now()`,
      attempts: 0,
      payloadHash: null,
      errorKind: null,
      errorMessage: null,
      updatedAt: sql`now()`,
    })
    .where(wherePush(push));
  await showOnLead(tx, push, 'pending');
}

/** Adds values to what both sides agree on. */
export async function updateBase(
  tx: Tx,
  push: PushRow,
  agreed: Record<string, unknown>,
): Promise<void> {
  await tx
    .update(pushes)
    .set({
      base: sql`coalesce(${pushes.base}, '{}'::jsonb) || ${JSON.stringify(agreed)}::jsonb`,
      updatedAt: sql`now()`,
    })
    .where(wherePush(push));
}

/** Adds an event of the push's current attempt, without a request. */
export async function addPushNote(
  tx: Tx,
  push: PushRow,
  step: string,
  message: string,
  actor: string | null = null,
): Promise<void> {
  await tx.insert(pushEvents).values({
    tenantId: push.tenantId,
    id: newId(),
    pushId: push.id,
    attempt: push.attempts,
    step,
    outcome: 'note',
    message,
    actor,
  });
}

/** Shows the state of the push on its lead, if it is the lead's newest push. */
export function showOnLead(tx: Tx, push: PushRow, state: PushRow['state'] | null): Promise<void> {
  // A Date holds whole milliseconds, a row microseconds: without the extra one the push itself
  // could look newer than it is.
  const requestedAt = sql`
    ${push.requestedAt.toISOString()}::timestamptz + interval '1 millisecond'`;
  return updateLeadPushState(tx, push, state, requestedAt);
}

export const wherePush = ({ tenantId, id }: Pick<PushRow, 'tenantId' | 'id'>) =>
  and(eq(pushes.tenantId, tenantId), eq(pushes.id, id));
