import { sql } from 'drizzle-orm';
import { retryInTenant } from '../../identity/tenancy/with-tenant.ts';
import { recordFailedJob, resolveFailedJobs } from '../../jobs/failed/store.ts';
import { applyPushLinks } from '../../ingest/apply.ts';
import { lockDealCopies } from '../../ingest/links/deal-copies.ts';
import { planPushLinks, type PushLinkPlan } from '../../ingest/links/push.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { failpoint } from '../../platform/failpoint.ts';
import { newId } from '../../platform/id.ts';
import { FencedError } from '../../platform/lease.ts';
import { pushes } from '../../schema/pushes.ts';
import type { AuditEvent } from '../audit-log.ts';
import { recordConflicts, closeConflicts, type FieldConflict } from '../conflicts.ts';
import { storePushEvents, toPushEvents } from './events.ts';
import { updateLeadPushState } from './lead-state.ts';
import { lockRequestedAt, whereLeased, type LeasedPush } from './lease.ts';

/**
 * The error kind of a push whose lead was deleted here: a person has nothing to decide about it.
 */
export const leadGone = 'lead_gone';

/** How a push ends, or why it has to wait. */
export type PushCompletion =
  /** Both sides agree, or there was nothing to send. */
  | {
      kind: 'synced';
      message: string;
      remoteId: string;
      remoteIds: Record<string, string>;
      base: LeasedPush['base'];
      payloadHash: string;
      mappingVersion: number;
      seen: string;
    }
  | {
      kind: 'conflict';
      message: string;
      conflicts: FieldConflict[];
      remoteId: string | null;
      remoteIds: Record<string, string>;
      base: LeasedPush['base'];
      mappingVersion: number;
      seen: string;
    }
  /** It failed; retried at `retryAt`, or not any more when that is null. */
  | {
      kind: 'failed';
      errorKind: string;
      message: string;
      retryAt: Date | null;
      remoteId: string | null;
      remoteIds: Record<string, string>;
      made: LeasedPush['made'];
    }
  /** Something else is to blame, so the attempt does not count. */
  | {
      kind: 'postponed';
      errorKind: string | null;
      message: string | null;
      until: Date;
      remoteId: string | null;
      remoteIds: Record<string, string>;
      made: LeasedPush['made'];
    };

/**
 * Ends a push and gives up its lease: state, events and consequences in one transaction. A push
 * that was requested again in the meantime is due at once, with all its attempts.
 */
export function completePush(
  push: LeasedPush,
  completion: PushCompletion,
  events: readonly AuditEvent[],
): Promise<void> {
  return retryInTenant(push.tenantId, async (tx) => {
    const linkPlan = await prepareLinks(tx, push, completion);
    const requestedText = await lockRequestedAt(tx, push);
    if (requestedText === undefined) throw new FencedError();
    const isRequestedAgain = requestedText !== push.requestedText;
    const dueAt = computeDueAt(completion);
    const state = isRequestedAgain || dueAt !== null ? 'pending' : toFinalState(completion);
    await tx
      .update(pushes)
      .set({
        ...toColumns(push, completion),
        ...(isRequestedAgain && { attempts: 0 }),
        state,
        leaseUntil: null,
        dueAt: isRequestedAgain ? sql`now()` : dueAt,
        updatedAt: sql`now()`,
      })
      .where(whereLeased(push));
    await storePushEvents(tx, toPushEvents(push, [...events, ...toCompletionEvents(completion)]));
    await applyConsequences(tx, push, completion, isRequestedAgain);
    if (linkPlan !== undefined)
      await applyPushLinks(tx, toPushedRecords(push, completion), linkPlan);
    await updateLeadPushState(tx, push, state, sql`${push.requestedText}::timestamptz`);
    failpoint('push.before_commit');
  });
}

const toPushedRecords = (push: LeasedPush, { remoteId, remoteIds }: PushCompletion) => ({
  tenantId: push.tenantId,
  connectionId: push.connectionId,
  leadId: push.leadId,
  remoteId,
  remoteIds,
});

/** What there is to link. Takes the lock for it, which comes before that of the push. */
async function prepareLinks(
  tx: Tx,
  push: LeasedPush,
  completion: PushCompletion,
): Promise<PushLinkPlan | undefined> {
  const plan = await planPushLinks(tx, toPushedRecords(push, completion));
  if (plan !== undefined) await lockDealCopies(tx, push.tenantId);
  return plan;
}

/** When the push is tried again; null when it has ended. */
function computeDueAt(completion: PushCompletion): Date | null {
  if (completion.kind === 'postponed') return completion.until;
  return completion.kind === 'failed' ? completion.retryAt : null;
}

const toFinalState = ({ kind }: PushCompletion) => (kind === 'postponed' ? 'pending' : kind);

function toColumns(push: LeasedPush, completion: PushCompletion) {
  const successColumns = { attempts: 0, errorKind: null, errorMessage: null, made: {} };
  switch (completion.kind) {
    case 'synced': {
      const { remoteId, remoteIds, base, payloadHash, mappingVersion, seen } = completion;
      return {
        ...successColumns,
        remoteId,
        remoteIds,
        base,
        payloadHash,
        mappingVersion,
        seen,
        syncedAt: sql`now()`,
      };
    }
    case 'conflict': {
      const { remoteId, remoteIds, base, mappingVersion, seen, message } = completion;
      return {
        ...successColumns,
        remoteId,
        remoteIds,
        base,
        mappingVersion,
        seen,
        payloadHash: null,
        errorKind: 'conflict',
        errorMessage: message,
      };
    }
    case 'failed': {
      const { errorKind, message, remoteId, remoteIds, made } = completion;
      return {
        attempts: push.attempts + 1,
        errorKind,
        errorMessage: message,
        remoteId,
        remoteIds,
        made,
      };
    }
    case 'postponed': {
      const { errorKind, message, remoteId, remoteIds, made } = completion;
      return { errorKind, errorMessage: message, remoteId, remoteIds, made };
    }
  }
}

function toCompletionEvents(completion: PushCompletion): AuditEvent[] {
  if (completion.kind === 'postponed') return [];
  const outcomes = { synced: 'ok', conflict: 'note', failed: 'failed' } as const;
  const { kind, message } = completion;
  return [{ id: newId(), step: kind, outcome: outcomes[kind], message }];
}

/** Opens or closes the conflicts of the push and the failed job of its lead. */
async function applyConsequences(
  tx: Tx,
  push: LeasedPush,
  completion: PushCompletion,
  isRequestedAgain: boolean,
): Promise<void> {
  const { tenantId, connectionId, leadId } = push;
  if (completion.kind === 'conflict') await recordConflicts(tx, push, completion.conflicts);
  if (completion.kind === 'synced') {
    await closeConflicts(tx, push);
    await resolveFailedJobs(tx, tenantId, 'push-leads', [`${connectionId}/${leadId}`], null);
  }
  if (
    completion.kind !== 'failed' ||
    completion.retryAt !== null ||
    completion.errorKind === leadGone ||
    isRequestedAgain
  )
    return;
  await recordFailedJob(tx, {
    tenantId,
    connectionId,
    job: 'push-leads',
    subject: `${connectionId}/${leadId}`,
    payload: { tenantId, connectionId, leadId, requestedBy: push.requestedBy },
    kind: 'push',
    reason: completion.message,
    attempts: push.attempts + 1,
  });
}
