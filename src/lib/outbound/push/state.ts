import { and, asc, eq, inArray, isNotNull, lte, min, sql } from 'drizzle-orm';
import { setAsideJob, settleJobs } from '../../jobs/failed/store.ts';
import { leads } from '../../schema/leads.ts';
import { config } from '../../platform/config.ts';
import { patiently } from '../../platform/db/retry.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { failpoint } from '../../platform/failpoint.ts';
import { newId } from '../../platform/id.ts';
import { FencedError, isLeaseFree, leaseEnd, whileLeased } from '../../platform/lease.ts';
import { withTenant } from '../../identity/tenancy/with-tenant.ts';
import type { AuditEvent } from '../audit-log.ts';
import { storePushEvents, toPushEvents } from './events.ts';
import { noteConflicts, settleConflicts, type FieldConflict } from '../conflicts.ts';
import type { ConnectionKey } from '../../connections/session.ts';
import { pushes } from '../../schema/pushes.ts';

/** A push in this worker's hands. */
export type HeldPush = typeof pushes.$inferSelect & {
  /** As the database keeps it, to the microsecond: a later one means that it was asked for again. */ requestedText: string;
};

/** Why a push ends whose lead was deleted here: nobody has to decide about it. */
export const leadGone = 'lead_gone';

/** After so many failed tries in a row a person has to look. */
export const mostAttempts = 3;

const pushLeaseEnd = () => leaseEnd(config().SYNC_LEASE_SECONDS);

const ofPlace = ({ tenantId, connectionId }: ConnectionKey) =>
  and(eq(pushes.tenantId, tenantId), eq(pushes.connectionId, connectionId));
const ofHeld = ({ tenantId, id, lease }: Pick<HeldPush, 'tenantId' | 'id' | 'lease'>) =>
  and(eq(pushes.tenantId, tenantId), eq(pushes.id, id), eq(pushes.lease, lease));
const isFree = isLeaseFree(pushes.leaseUntil);

/**
 * Takes up the push that has been due for longest, or none. Of all workers who ask, each gets
 * another one.
 */
export function takePush(place: ConnectionKey): Promise<HeldPush | undefined> {
  return patiently(() =>
    withTenant(place.tenantId, async (tx) => {
      const [next] = await tx
        .select({ id: pushes.id })
        .from(pushes)
        .where(and(ofPlace(place), isNotNull(pushes.dueAt), lte(pushes.dueAt, sql`now()`), isFree))
        .orderBy(asc(pushes.dueAt), asc(pushes.id))
        .limit(1)
        .for('update', { skipLocked: true });
      if (next === undefined) return undefined;
      const [held] = await tx
        .update(pushes)
        .set({
          lease: sql`${pushes.lease} + 1`,
          leaseUntil: pushLeaseEnd(),
          dueAt: pushLeaseEnd(),
          lastAttemptAt: sql`now()`,
        })
        .where(and(eq(pushes.tenantId, place.tenantId), eq(pushes.id, next.id)))
        .returning();
      if (held === undefined) return undefined;
      const [row] = await tx
        .select({ text: sql<string>`${pushes.requestedAt}::text` })
        .from(pushes)
        .where(ofHeld(held));
      return { ...held, requestedText: row?.text ?? '' };
    }),
  );
}

/** Keeps a push in this worker's hands while `work` goes on; see `whileLeased`. */
export function whilePushHeld<T>(held: HeldPush, work: () => Promise<T>): Promise<T> {
  const seconds = config().SYNC_LEASE_SECONDS;
  // A lease that was lost is noticed by the next event that is stored, before the next write.
  return whileLeased({ seconds, renew: () => renewLease(held, []) }, work);
}

/**
 * Stores events and renews the lease; throws FencedError when another worker has the push by now.
 */
export function renewLease(
  held: HeldPush,
  events: readonly AuditEvent[],
  made: Partial<Pick<HeldPush, 'remoteIds' | 'made' | 'remoteId'>> = {},
): Promise<void> {
  return patiently(() =>
    withTenant(held.tenantId, async (tx) => {
      const rows = await tx
        .update(pushes)
        .set({ leaseUntil: pushLeaseEnd(), dueAt: pushLeaseEnd(), ...made })
        .where(ofHeld(held))
        .returning({ id: pushes.id });
      if (rows.length === 0) throw new FencedError();
      await storePushEvents(tx, toPushEvents(held, events));
    }),
  );
}

/** How a push left the worker's hands. */
export type Ending =
  /** Both sides agree, or there was nothing to send. */
  | {
      kind: 'synced';
      message: string;
      remoteId: string;
      remoteIds: Record<string, string>;
      base: HeldPush['base'];
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
      base: HeldPush['base'];
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
      made: HeldPush['made'];
    }
  /** Not its fault: the try does not count. */
  | {
      kind: 'postponed';
      errorKind: string | null;
      message: string | null;
      until: Date;
      remoteId: string | null;
      remoteIds: Record<string, string>;
      made: HeldPush['made'];
    };

/**
 * Puts a push down: state, events and what follows from it in one transaction. Asked for again
 * meanwhile, it is due at once.
 */
export function putDown(
  held: HeldPush,
  ending: Ending,
  events: readonly AuditEvent[],
): Promise<void> {
  return patiently(() =>
    withTenant(held.tenantId, async (tx) => {
      const [row] = await tx
        .select({ text: sql<string>`${pushes.requestedAt}::text` })
        .from(pushes)
        .where(ofHeld(held))
        .for('update');
      if (row === undefined) throw new FencedError();
      const again = row.text !== held.requestedText;
      const state =
        again || ending.kind === 'postponed' || dueAfter(ending) !== null ? 'pending' : ending.kind;
      // Whoever asks anew asks for all the tries.
      await tx
        .update(pushes)
        .set({
          ...columnsOf(held, ending),
          ...(again && { attempts: 0 }),
          state,
          leaseUntil: null,
          dueAt: again ? sql`now()` : dueAfter(ending),
          updatedAt: sql`now()`,
        })
        .where(ofHeld(held));
      await storePushEvents(tx, toPushEvents(held, [...events, ...endingEvent(ending)]));
      await followUp(tx, held, ending, again);
      await showOnLead(tx, held, state);
      failpoint('push.before_commit');
    }),
  );
}

function dueAfter(ending: Ending): Date | null {
  if (ending.kind === 'postponed') return ending.until;
  return ending.kind === 'failed' ? ending.retryAt : null;
}

function columnsOf(held: HeldPush, ending: Ending) {
  const good = { attempts: 0, errorKind: null, errorMessage: null, made: {} };
  switch (ending.kind) {
    case 'synced': {
      const { remoteId, remoteIds, base, payloadHash, mappingVersion, seen } = ending;
      return {
        ...good,
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
      const { remoteId, remoteIds, base, mappingVersion, seen, message } = ending;
      return {
        ...good,
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
      const { errorKind, message, remoteId, remoteIds, made } = ending;
      return {
        attempts: held.attempts + 1,
        errorKind,
        errorMessage: message,
        remoteId,
        remoteIds,
        made,
      };
    }
    case 'postponed': {
      const { errorKind, message, remoteId, remoteIds, made } = ending;
      return { errorKind, errorMessage: message, remoteId, remoteIds, made };
    }
  }
}

function endingEvent(ending: Ending): AuditEvent[] {
  if (ending.kind === 'postponed') return [];
  const outcomes = { synced: 'ok', conflict: 'note', failed: 'failed' } as const;
  const { kind, message } = ending;
  return [{ id: newId(), step: kind, outcome: outcomes[kind], message }];
}

async function followUp(tx: Tx, held: HeldPush, ending: Ending, again: boolean): Promise<void> {
  const { tenantId, connectionId, leadId } = held;
  if (ending.kind === 'conflict') await noteConflicts(tx, held, ending.conflicts);
  if (ending.kind === 'synced') {
    await settleConflicts(tx, held);
    await settleJobs(tx, tenantId, 'push-leads', [`${connectionId}/${leadId}`], null);
  }
  if (ending.kind !== 'failed' || ending.retryAt !== null || ending.errorKind === leadGone || again)
    return;
  await setAsideJob(tx, {
    tenantId,
    connectionId,
    job: 'push-leads',
    subject: `${connectionId}/${leadId}`,
    payload: { tenantId, connectionId, leadId, requestedBy: held.requestedBy },
    kind: 'push',
    reason: ending.message,
    attempts: held.attempts + 1,
  });
}

/** The lead shows the state of the push that was asked for last, should there be several. */
async function showOnLead(
  tx: Tx,
  { tenantId, id, leadId, requestedText }: HeldPush,
  state: HeldPush['state'],
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
export function noteWaiting(place: ConnectionKey, message: string): Promise<void> {
  const waiting = and(
    ofPlace(place),
    lte(pushes.dueAt, sql`now()`),
    isFree,
    sql`${pushes.errorMessage} is distinct from ${message}`,
  );
  return patiently(() =>
    withTenant(place.tenantId, async (tx) => {
      const due = tx
        .select({ id: pushes.id })
        .from(pushes)
        .where(waiting)
        .for('update', { skipLocked: true });
      await tx
        .update(pushes)
        .set({ errorKind: 'waiting', errorMessage: message })
        .where(and(eq(pushes.tenantId, place.tenantId), inArray(pushes.id, due)));
    }),
  );
}

/**
 * When the next push of a connection is due: at once for one that is due now, null when none is.
 */
export function nextPush(place: ConnectionKey): Promise<Date | null> {
  return patiently(() =>
    withTenant(place.tenantId, async (tx) => {
      const [row] = await tx
        .select({ at: min(pushes.dueAt) })
        .from(pushes)
        .where(and(ofPlace(place), isNotNull(pushes.dueAt)));
      return row?.at ?? null;
    }),
  );
}
