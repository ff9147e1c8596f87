import { and, asc, eq, inArray, isNotNull, lte, min, sql } from 'drizzle-orm';
import { recordFailedJob, resolveFailedJobs } from '../../jobs/failed/store.ts';
import { leads } from '../../schema/leads.ts';
import { config } from '../../platform/config.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { failpoint } from '../../platform/failpoint.ts';
import { newId } from '../../platform/id.ts';
import { FencedError, whereLeaseFree, leaseExpiry, whileLeased } from '../../platform/lease.ts';
import { retryInTenant } from '../../identity/tenancy/with-tenant.ts';
import type { AuditEvent } from '../audit-log.ts';
import { storePushEvents, toPushEvents } from './events.ts';
import { recordConflicts, closeConflicts, type FieldConflict } from '../conflicts.ts';
import type { ConnectionKey } from '../../connections/session.ts';
import { pushes } from '../../schema/pushes.ts';

/** A push in this worker's hands. */
export type LeasedPush = typeof pushes.$inferSelect & {
  /** As the database keeps it, to the microsecond: a later one means that it was asked for again. */ requestedText: string;
};

/** Why a push ends whose lead was deleted here: nobody has to decide about it. */
export const leadGone = 'lead_gone';

/** After so many failed tries in a row a person has to look. */
export const maxAttempts = 3;

const pushLeaseEnd = () => leaseExpiry(config().SYNC_LEASE_SECONDS);

const whereConnection = ({ tenantId, connectionId }: ConnectionKey) =>
  and(eq(pushes.tenantId, tenantId), eq(pushes.connectionId, connectionId));
const whereLeased = ({ tenantId, id, lease }: Pick<LeasedPush, 'tenantId' | 'id' | 'lease'>) =>
  and(eq(pushes.tenantId, tenantId), eq(pushes.id, id), eq(pushes.lease, lease));
const whereUnleased = whereLeaseFree(pushes.leaseUntil);

/**
 * Takes up the push that has been due for longest, or none. Of all workers who ask, each gets
 * another one.
 */
export function claimPush(key: ConnectionKey): Promise<LeasedPush | undefined> {
  return retryInTenant(key.tenantId, async (tx) => {
    const [next] = await tx
      .select({ id: pushes.id })
      .from(pushes)
      .where(
        and(
          whereConnection(key),
          isNotNull(pushes.dueAt),
          lte(pushes.dueAt, sql`now()`),
          whereUnleased,
        ),
      )
      .orderBy(asc(pushes.dueAt), asc(pushes.id))
      .limit(1)
      .for('update', { skipLocked: true });
    if (next === undefined) return undefined;
    const [push] = await tx
      .update(pushes)
      .set({
        lease: sql`${pushes.lease} + 1`,
        leaseUntil: pushLeaseEnd(),
        dueAt: pushLeaseEnd(),
        lastAttemptAt: sql`now()`,
      })
      .where(and(eq(pushes.tenantId, key.tenantId), eq(pushes.id, next.id)))
      .returning();
    if (push === undefined) return undefined;
    const [row] = await tx
      .select({ text: sql<string>`${pushes.requestedAt}::text` })
      .from(pushes)
      .where(whereLeased(push));
    return { ...push, requestedText: row?.text ?? '' };
  });
}

/** Keeps a push in this worker's hands while `work` goes on; see `whileLeased`. */
export function whilePushHeld<T>(push: LeasedPush, work: () => Promise<T>): Promise<T> {
  const seconds = config().SYNC_LEASE_SECONDS;
  // A lease that was lost is noticed by the next event that is stored, before the next write.
  return whileLeased({ seconds, renew: () => renewLease(push, []) }, work);
}

/**
 * Stores events and renews the lease; throws FencedError when another worker has the push by now.
 */
export function renewLease(
  push: LeasedPush,
  events: readonly AuditEvent[],
  made: Partial<Pick<LeasedPush, 'remoteIds' | 'made' | 'remoteId'>> = {},
): Promise<void> {
  return retryInTenant(push.tenantId, async (tx) => {
    const rows = await tx
      .update(pushes)
      .set({ leaseUntil: pushLeaseEnd(), dueAt: pushLeaseEnd(), ...made })
      .where(whereLeased(push))
      .returning({ id: pushes.id });
    if (rows.length === 0) throw new FencedError();
    await storePushEvents(tx, toPushEvents(push, events));
  });
}

/** How a push left the worker's hands. */
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
  /** Worth another try, until there were too many. */
  | {
      kind: 'failed';
      errorKind: string;
      message: string;
      retryAt: Date | null;
      remoteId: string | null;
      remoteIds: Record<string, string>;
      made: LeasedPush['made'];
    }
  /** Not its fault: the try does not count. */
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
 * Puts a push down: state, events and what follows from it in one transaction. Asked for again
 * meanwhile, it is due at once.
 */
export function completePush(
  push: LeasedPush,
  completion: PushCompletion,
  events: readonly AuditEvent[],
): Promise<void> {
  return retryInTenant(push.tenantId, async (tx) => {
    const [row] = await tx
      .select({ text: sql<string>`${pushes.requestedAt}::text` })
      .from(pushes)
      .where(whereLeased(push))
      .for('update');
    if (row === undefined) throw new FencedError();
    const isRequestedAgain = row.text !== push.requestedText;
    const state =
      isRequestedAgain || completion.kind === 'postponed' || computeDueAt(completion) !== null
        ? 'pending'
        : completion.kind;
    // Whoever asks anew asks for all the tries.
    await tx
      .update(pushes)
      .set({
        ...toColumns(push, completion),
        ...(isRequestedAgain && { attempts: 0 }),
        state,
        leaseUntil: null,
        dueAt: isRequestedAgain ? sql`now()` : computeDueAt(completion),
        updatedAt: sql`now()`,
      })
      .where(whereLeased(push));
    await storePushEvents(tx, toPushEvents(push, [...events, ...toCompletionEvents(completion)]));
    await applyConsequences(tx, push, completion, isRequestedAgain);
    await updateLeadPushState(tx, push, state);
    failpoint('push.before_commit');
  });
}

function computeDueAt(completion: PushCompletion): Date | null {
  if (completion.kind === 'postponed') return completion.until;
  return completion.kind === 'failed' ? completion.retryAt : null;
}

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

/** The lead shows the state of the push that was asked for last, should there be several. */
async function updateLeadPushState(
  tx: Tx,
  { tenantId, id, leadId, requestedText }: LeasedPush,
  state: LeasedPush['state'],
): Promise<void> {
  const newer = sql`not exists (select 1 from ${pushes} as other where other.tenant_id = ${tenantId} and other.lead_id = ${leadId} and other.id <> ${id} and other.requested_at > ${requestedText}::timestamptz)`;
  await tx
    .update(leads)
    .set({ pushState: state })
    .where(
      and(
        eq(leads.tenantId, tenantId),
        eq(leads.id, leadId),
        sql`${leads.pushState} is distinct from ${state}`,
        newer,
      ),
    );
}

/** Says of everything that is due why it waits: the CRM cannot be asked at all now. */
export function recordWaiting(key: ConnectionKey, message: string): Promise<void> {
  const waiting = and(
    whereConnection(key),
    lte(pushes.dueAt, sql`now()`),
    whereUnleased,
    sql`${pushes.errorMessage} is distinct from ${message}`,
  );
  return retryInTenant(key.tenantId, async (tx) => {
    const due = tx
      .select({ id: pushes.id })
      .from(pushes)
      .where(waiting)
      .for('update', { skipLocked: true });
    await tx
      .update(pushes)
      .set({ errorKind: 'waiting', errorMessage: message })
      .where(and(eq(pushes.tenantId, key.tenantId), inArray(pushes.id, due)));
  });
}

/**
 * When the next push of a connection is due: at once for one that is due now, null when none is.
 */
export function findNextDueAt(key: ConnectionKey): Promise<Date | null> {
  return retryInTenant(key.tenantId, async (tx) => {
    const [row] = await tx
      .select({ at: min(pushes.dueAt) })
      .from(pushes)
      .where(and(whereConnection(key), isNotNull(pushes.dueAt)));
    return row?.at ?? null;
  });
}
