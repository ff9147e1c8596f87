import { recordPush } from '../../connections/metrics.ts';
import { recordHealth, type ConnectionKey } from '../../connections/session.ts';
import { config } from '../../platform/config.ts';
import { RemoteError } from '../../platform/http/errors.ts';
import { log, withLogFields } from '../../platform/log.ts';
import { settleAll } from '../../platform/settle-all.ts';
import { withSpan } from '../../platform/tracing.ts';
import type { PushOutcome } from './outcome.ts';
import { pushLead } from './push-lead.ts';
import { requestPushes, requirePushConnection } from './request.ts';
import { withPushSession, type PushSession } from './session.ts';
import { claimPush, whilePushHeld } from './lease.ts';
import { findNextDueAt, recordWaiting } from './waiting.ts';

export interface PushSliceRequest extends ConnectionKey {
  /** A lead whose push is requested as well: the one that a person retries. */
  leadId?: string | null;
  requestedBy?: string | null;
  signal?: AbortSignal;
  /** The time (ms) after which it gives way to other jobs. Default: no limit. */
  sliceMs?: number;
}

export interface PushSliceResult {
  tally: Record<PushOutcome['kind'], number>;
  /**
   * When the next push is due; null when none is waiting. A time in the past when the slice ended
   * before all due pushes were done.
   */
  next: Date | null;
}

/**
 * The most pushes of a connection that one worker runs at once, whatever rate its provider allows.
 */
const maxConcurrentPushes = 4;

/**
 * How many retry intervals (SYNC_RETRY_BASE_MS) to wait for a CRM that could not be opened and gave
 * no time for a retry.
 */
const reopenFactor = 60;

/**
 * Writes the due pushes of a connection into its CRM, the longest due first, until none is left,
 * the time of the slice is over, or the CRM asks for a pause. Several workers may do this at once.
 * Throws Problem for a connection that takes no leads.
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

/** Returns until when the CRM has to be left alone; undefined when it does not. */
async function runSlice(
  request: PushSliceRequest,
  tally: PushSliceResult['tally'],
): Promise<Date | undefined> {
  const { tenantId, connectionId, signal } = request;
  const insist = typeof request.leadId === 'string';
  try {
    return await withPushSession({ tenantId, connectionId, insist, signal }, async (session) => {
      const waitUntil = await runLanes(session, request, tally);
      // A successful push proves that credentials which were refused before are valid now.
      const wasRefused = session.connection.status === 'needs_reconnect';
      if (wasRefused && tally.synced > 0) await recordHealth(request, null);
      return waitUntil;
    });
  } catch (error) {
    // The CRM's fields could not be read. No push was tried, so none has failed.
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

/** Each lane runs one push after the other; the first that has to wait stops all lanes. */
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
  // Waits for all lanes even when one fails because the database is away: the HTTP client that they
  // share is closed afterwards.
  await settleAll(Array.from({ length: maxConcurrentPushes }, runLane));
  return waitUntil;
}
