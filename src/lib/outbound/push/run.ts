import { recordPush } from '../../connections/metrics.ts';
import { recordHealth, type ConnectionKey } from '../../connections/session.ts';
import { config } from '../../platform/config.ts';
import { RemoteError } from '../../platform/http/errors.ts';
import { log, withLogFields } from '../../platform/log.ts';
import { withSpan } from '../../platform/tracing.ts';
import type { PushOutcome } from './outcome.ts';
import { pushLead } from './push-lead.ts';
import { requestPushes, requirePushConnection } from './request.ts';
import { withPushSession, type PushSession } from './session.ts';
import { claimPush, whilePushHeld } from './lease.ts';
import { findNextDueAt, recordWaiting } from './waiting.ts';

export interface PushSliceRequest extends ConnectionKey {
  /** A lead that is asked for along with it: what a person retries. */
  leadId?: string | null;
  requestedBy?: string | null;
  signal?: AbortSignal;
  /** How long it may take before it gives way to others. */
  sliceMs?: number;
}

export interface PushSliceResult {
  tally: Record<PushOutcome['kind'], number>;
  /**
   * When the next push is due; null when none waits. At once when the slice ended before its work
   * did.
   */
  next: Date | null;
}

/**
 * At most so many pushes of a connection are under way at once, however many requests its provider
 * allows.
 */
const maxConcurrentPushes = 4;

/** A CRM that could not be opened and named no time is left alone for so many retry intervals. */
const reopenFactor = 60;

/**
 * Writes what is due into the CRM of a connection, the longest due first, until nothing is, the
 * slice is over, or the CRM is to be left alone. Any number of workers may do so at once. A
 * connection that takes no leads is a Problem.
 */
export async function pushSlice(request: PushSliceRequest): Promise<PushSliceResult> {
  const { tenantId, connectionId, leadId, requestedBy = null } = request;
  await requirePushConnection(tenantId, connectionId);
  if (typeof leadId === 'string')
    await requestPushes(tenantId, { connectionId, leadIds: [leadId] }, requestedBy);
  const tally: PushSliceResult['tally'] = {
    synced: 0,
    unchanged: 0,
    conflict: 0,
    failed: 0,
    retried: 0,
    postponed: 0,
    fenced: 0,
  };
  const due = await findNextDueAt({ tenantId, connectionId });
  if (due === null || due > new Date()) return { tally, next: due };
  return withLogFields({ tenantId, connectionId }, () =>
    withSpan('push slice', { tenantId, connectionId }, async () => {
      const waitUntil = await runSlice(request, tally);
      log.info(
        { event: 'push.slice', count: tally.synced + tally.unchanged, rejected: tally.failed },
        'Leads were written into a CRM',
      );
      const next = await findNextDueAt({ tenantId, connectionId });
      return {
        tally,
        next: next !== null && waitUntil !== undefined && next < waitUntil ? waitUntil : next,
      };
    }),
  );
}

/** Until when the CRM is to be left alone, if it is. */
async function runSlice(
  request: PushSliceRequest,
  tally: PushSliceResult['tally'],
): Promise<Date | undefined> {
  const { tenantId, connectionId, signal } = request;
  const insist = typeof request.leadId === 'string';
  try {
    return await withPushSession({ tenantId, connectionId, insist, signal }, async (session) => {
      const waitUntil = await runLanes(session, request, tally);
      // The first success proves that credentials which were refused before are good now.
      const wasRefused = session.connection.status === 'needs_reconnect';
      if (wasRefused && tally.synced > 0) await recordHealth(request, null);
      return waitUntil;
    });
  } catch (error) {
    // What its fields are cannot be found out now: nothing was tried, so nothing failed.
    if (!(error instanceof RemoteError)) throw error;
    log.warn(
      { event: 'push.not_open', kind: error.kind, reason: error.message },
      'A CRM cannot be written to now',
    );
    if (error.kind === 'auth') await recordHealth(request, error.message);
    await recordWaiting(request, error.message);
    return error.until ?? new Date(Date.now() + config().SYNC_RETRY_BASE_MS * reopenFactor);
  }
}

/** Each lane carries one push after the other; the first that is told to wait stops them all. */
async function runLanes(
  session: PushSession,
  request: PushSliceRequest,
  tally: PushSliceResult['tally'],
): Promise<Date | undefined> {
  const end = performance.now() + (request.sliceMs ?? Number.POSITIVE_INFINITY);
  let waitUntil: Date | undefined;
  const runLane = async (): Promise<void> => {
    while (waitUntil === undefined && performance.now() < end && request.signal?.aborted !== true) {
      const claimedPush = await claimPush(request);
      if (claimedPush === undefined) return;
      const pushed = await whilePushHeld(claimedPush, () => pushLead(session, claimedPush));
      tally[pushed.kind] += 1;
      recordPush(request, pushed.kind);
      if (pushed.kind === 'postponed') waitUntil = pushed.until;
      if (pushed.needsReconnect !== undefined) await recordHealth(request, pushed.needsReconnect);
    }
  };
  // All of them come to their end, also when one fails for want of a database: the client that they
  // share is closed then.
  const ended = await Promise.allSettled(Array.from({ length: maxConcurrentPushes }, runLane));
  const failed = ended.find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
  return waitUntil;
}
