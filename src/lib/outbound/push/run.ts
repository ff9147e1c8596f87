import { admit } from '../../connections/circuit/store.ts';
import { connectionClient } from '../../connections/client.ts';
import { openConnection, setConnectionHealth } from '../../connections/connections.ts';
import { recordPush } from '../../connections/metrics.ts';
import { config } from '../../platform/config.ts';
import { patiently } from '../../platform/db/retry.ts';
import { RemoteError } from '../../platform/http/errors.ts';
import type { OwnedHttpClient } from '../../platform/http/client.ts';
import { log, withLogFields } from '../../platform/log.ts';
import { traced } from '../../platform/tracing.ts';
import type { PushDefinition, TargetMetadata } from '../../connectors/contract/destination.ts';
import { FencedError } from '../../ingest/failures.ts';
import { withTenant } from '../../identity/tenancy/with-tenant.ts';
import { selectMapping, type Mapping } from '../../mappings/store.ts';
import { requestPushes, requirePushTarget } from './request.ts';
import { pushOne, type Pushed } from './push-lead.ts';
import {
  beatMs,
  holdPush,
  nextPush,
  noteWaiting,
  takePush,
  type HeldPush,
  type Place,
} from './state.ts';
import { targetMetadata } from '../../mappings/destination-fields.ts';

export interface SliceRequest extends Place {
  /** A lead that is asked for along with it: what a person retries. */
  leadId?: string | null;
  requestedBy?: string | null;
  signal?: AbortSignal;
  /** How long it may take before it gives way to others. */
  sliceMs?: number;
}

/** Everything that the pushes of one slice share. */
export interface Target extends Place {
  provider: { key: string; label: string; push: PushDefinition };
  settings: unknown;
  http: OwnedHttpClient;
  metadata: TargetMetadata;
  mapping: Mapping;
  /**
   * Whether the connection is known for its credentials to be refused: the first success proves
   * otherwise.
   */
  wasRefused: boolean;
  signal: AbortSignal | undefined;
}

export interface SliceEnd {
  tally: Record<Pushed['kind'], number>;
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
const mostAtOnce = 4;

/**
 * Writes what is due into the CRM of a connection, the longest due first, until nothing is, the
 * slice is over, or the CRM is to be left alone. Any number of workers may do so at once. A
 * connection that takes no leads is a Problem.
 */
export async function pushSlice(request: SliceRequest): Promise<SliceEnd> {
  const { tenantId, connectionId, leadId, requestedBy = null } = request;
  await requirePushTarget(tenantId, connectionId);
  if (typeof leadId === 'string')
    await requestPushes(tenantId, { connectionId, leadIds: [leadId] }, requestedBy);
  const tally: SliceEnd['tally'] = {
    synced: 0,
    unchanged: 0,
    conflict: 0,
    failed: 0,
    retried: 0,
    postponed: 0,
    fenced: 0,
  };
  const due = await nextPush({ tenantId, connectionId });
  if (due === null || due > new Date()) return { tally, next: due };
  return withLogFields({ tenantId, connectionId }, () =>
    traced('push slice', { tenantId, connectionId }, async () => {
      const waitUntil = await runSlice(request, tally);
      log.info(
        { event: 'push.slice', count: tally.synced + tally.unchanged, rejected: tally.failed },
        'Leads were written into a CRM',
      );
      const next = await nextPush({ tenantId, connectionId });
      return {
        tally,
        next: next !== null && waitUntil !== undefined && next < waitUntil ? waitUntil : next,
      };
    }),
  );
}

/** Until when the CRM is to be left alone, if it is. */
async function runSlice(
  request: SliceRequest,
  tally: SliceEnd['tally'],
): Promise<Date | undefined> {
  let target: Target | undefined;
  try {
    const admission = await admit(request.tenantId, request.connectionId, {
      insist: typeof request.leadId === 'string',
    });
    if (admission.kind === 'open') {
      await noteWaiting(
        request,
        `The system has not been answering and is left alone for a while. ${admission.reason}`.trim(),
      );
      return admission.until;
    }
    target = await openTarget(request, admission.kind === 'probe');
    const waitUntil = await runLanes(target, request, tally);
    if (target.wasRefused && tally.synced > 0) await noteHealth(request, null);
    return waitUntil;
  } catch (error) {
    // What its fields are cannot be found out now: nothing was tried, so nothing failed.
    if (!(error instanceof RemoteError)) throw error;
    log.warn(
      { event: 'push.not_open', kind: error.kind, reason: error.message },
      'A CRM cannot be written to now',
    );
    if (error.kind === 'auth') await noteHealth(request, error.message);
    await noteWaiting(request, error.message);
    return error.until ?? new Date(Date.now() + config().SYNC_RETRY_BASE_MS * 60);
  } finally {
    await target?.http.close();
  }
}

async function openTarget(
  { tenantId, connectionId, signal }: SliceRequest,
  probe: boolean,
): Promise<Target> {
  const { connection, provider, settings, secrets } = await patiently(() =>
    openConnection(tenantId, connectionId),
  );
  const { push } = provider;
  if (push === undefined) throw new Error(`${provider.key} takes no leads`);
  const mapping = await patiently(() =>
    withTenant(tenantId, (tx) => selectMapping(tx, tenantId, connectionId)),
  );
  const http = connectionClient(provider, settings, {
    owner: { tenantId, connectionId, probe },
    retry: { baseMs: config().SYNC_RETRY_BASE_MS },
    ...(signal && { signal }),
  });
  try {
    // Whether it answers again is found out by a question: a push that has nothing to send would
    // keep the probe from everybody.
    if (probe) await provider.check({ http, settings, secrets, now: new Date(), concurrency: 1 });
    const metadata = await targetMetadata({ tenantId, connectionId }, push, { http, settings });
    return {
      tenantId,
      connectionId,
      provider: { key: provider.key, label: provider.label, push },
      settings,
      http,
      metadata,
      mapping,
      wasRefused: connection.status === 'needs_reconnect',
      signal,
    };
  } catch (error) {
    await http.close();
    throw error;
  }
}

/** Each lane carries one push after the other; the first that is told to wait stops them all. */
async function runLanes(
  target: Target,
  request: SliceRequest,
  tally: SliceEnd['tally'],
): Promise<Date | undefined> {
  const end = performance.now() + (request.sliceMs ?? Number.POSITIVE_INFINITY);
  let waitUntil: Date | undefined;
  const lane = async (): Promise<void> => {
    while (waitUntil === undefined && performance.now() < end && request.signal?.aborted !== true) {
      const held = await takePush(request);
      if (held === undefined) return;
      const pushed = await whileHeld(held, () => pushOne(target, held));
      tally[pushed.kind] += 1;
      recordPush(request, pushed.kind);
      if (pushed.kind === 'postponed') waitUntil = pushed.until;
      if (pushed.needsReconnect !== undefined) await noteHealth(request, pushed.needsReconnect);
    }
  };
  // All of them come to their end, also when one fails for want of a database: the client that they
  // share is closed then.
  const ended = await Promise.allSettled(Array.from({ length: mostAtOnce }, lane));
  const failed = ended.find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
  return waitUntil;
}

/** Keeps the lease alive; one that was lost all the same is noticed before the next write. */
async function whileHeld<T>(held: HeldPush, work: () => Promise<T>): Promise<T> {
  const beating = setInterval(
    () =>
      void holdPush(held, []).catch((error: unknown) => {
        if (!(error instanceof FencedError))
          log.warn({ event: 'push.beat_failed' }, 'A lease could not be prolonged');
      }),
    beatMs(),
  );
  try {
    return await work();
  } finally {
    clearInterval(beating);
  }
}

async function noteHealth(
  { tenantId, connectionId }: Place,
  refusal: string | null,
): Promise<void> {
  await patiently(() =>
    withTenant(tenantId, (tx) => setConnectionHealth(tx, tenantId, connectionId, refusal)),
  );
}
