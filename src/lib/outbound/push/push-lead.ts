import { config } from '../../platform/config.ts';
import { RemoteError } from '../../platform/http/errors.ts';
import { log } from '../../platform/log.ts';
import { safeMessage } from '../../platform/secrets.ts';
import { FencedError } from '../../platform/lease.ts';
import { retryInTenant } from '../../identity/tenancy/with-tenant.ts';
import { AuditLog } from '../audit-log.ts';
import { deliver } from './deliver/deliver.ts';
import type { Delivery, DeliveryProgress } from './deliver/delivery.ts';
import { undoDelivery } from './deliver/undo.ts';
import { buildPlan } from '../../mappings/plan.ts';
import type { PushSession } from './session.ts';
import { readLeadValues, type LeadValues } from '../../mappings/lead-values.ts';
import {
  renewLease,
  leadGone,
  maxAttempts,
  completePush,
  type PushCompletion,
  type LeasedPush,
} from './state.ts';
import { deleteTargetMetadata } from '../../mappings/destination-fields.ts';

/** What became of one push. `retried`: it failed, and is tried again. */
export type PushOutcome = (
  | { kind: 'synced' | 'unchanged' | 'conflict' | 'failed' | 'retried' | 'fenced' }
  | { kind: 'postponed'; until: Date }
) & { needsReconnect?: string };

/**
 * Carries a push that is in our hands to its end, whatever that is; only a database that is gone is
 * thrown.
 */
export async function pushLead(session: PushSession, push: LeasedPush): Promise<PushOutcome> {
  const progress: DeliveryProgress = {
    remoteId: push.remoteId,
    remoteIds: push.remoteIds,
    made: push.made,
  };
  const auditLog = openAuditLog(session, push, progress);
  try {
    const lead = await retryInTenant(push.tenantId, (tx) =>
      readLeadValues(tx, push.tenantId, [push.leadId]),
    );
    const values = lead.get(push.leadId);
    const delivery =
      values === undefined
        ? undefined
        : createDelivery(session, push, values, { auditLog, progress });
    if (values === undefined || delivery === undefined)
      return await failGoneLead(push, auditLog, progress);
    if (isUnchanged(session, push, delivery))
      return await completeUnchanged(session, push, auditLog, values.seen);
    return await sendLead(session, push, values, delivery);
  } catch (error) {
    if (error instanceof FencedError) return { kind: 'fenced' };
    throw error;
  }
}

/** A conditional write whose response was lost is sent so often. */
const maxSends = 3;

function openAuditLog(
  session: PushSession,
  push: LeasedPush,
  progress: DeliveryProgress,
): AuditLog {
  return new AuditLog({
    provider: session.provider.key,
    store: (events) => renewLease(push, events, progress),
    maxSends,
    retryMs: config().SYNC_RETRY_BASE_MS,
  });
}

function createDelivery(
  session: PushSession,
  push: LeasedPush,
  { values, changedAt }: LeadValues,
  { auditLog, progress }: { auditLog: AuditLog; progress: DeliveryProgress },
): Delivery {
  const { provider, metadata, mapping } = session;
  const tables = session.push.tables(
    { http: auditLog.wrapClient(session.http), settings: session.settings },
    metadata,
  );
  return {
    push,
    plan: buildPlan(mapping.fields, values, metadata),
    values,
    changedAt,
    metadata,
    label: provider.label,
    tables,
    auditLog,
    progress,
  };
}

/** The lead was deleted after it had been asked for, or is the copy of another one. */
async function failGoneLead(
  push: LeasedPush,
  auditLog: AuditLog,
  { remoteId, remoteIds, made }: DeliveryProgress,
): Promise<PushOutcome> {
  await completePush(
    push,
    {
      kind: 'failed',
      errorKind: leadGone,
      message:
        'The lead is not in this workspace any more, or turned out to be the copy of another one, so that nothing was sent.',
      retryAt: null,
      remoteId,
      remoteIds,
      made,
    },
    auditLog.drainEvents(),
  );
  return { kind: 'failed' };
}

/** Both agreed on exactly this last time. */
function isUnchanged({ mapping }: PushSession, push: LeasedPush, { plan }: Delivery): boolean {
  return (
    push.remoteId !== null &&
    push.payloadHash === plan.hash &&
    push.mappingVersion === mapping.version &&
    push.base !== null
  );
}

async function completeUnchanged(
  { mapping }: PushSession,
  push: LeasedPush,
  auditLog: AuditLog,
  seen: string,
): Promise<PushOutcome> {
  const { remoteId, remoteIds, base, payloadHash } = push;
  await completePush(
    push,
    {
      kind: 'synced',
      message: 'Nothing has changed since it was sent last, so that nothing was sent.',
      remoteId: remoteId ?? '',
      remoteIds,
      base,
      payloadHash: payloadHash ?? '',
      mappingVersion: mapping.version,
      seen,
    },
    auditLog.drainEvents(),
  );
  return { kind: 'unchanged' };
}

async function sendLead(
  session: PushSession,
  push: LeasedPush,
  { seen }: LeadValues,
  delivery: Delivery,
): Promise<PushOutcome> {
  const { plan, auditLog, progress } = delivery;
  try {
    const { base, conflicts, messages } = await deliver(delivery);
    const common = {
      remoteId: progress.remoteId,
      remoteIds: progress.remoteIds,
      base,
      mappingVersion: session.mapping.version,
      seen,
    };
    const message = [...messages, ...plan.problems.map((problem) => `Not sent: ${problem}`)].join(
      ' ',
    );
    if (conflicts.length > 0) {
      const fields = conflicts.map(({ field }) => field).join(', ');
      await completePush(
        push,
        {
          ...common,
          kind: 'conflict',
          message:
            messages.length > 0 ? message : `Both sides changed: ${fields}. Decide which is right.`,
          conflicts,
        },
        auditLog.drainEvents(),
      );
      return { kind: 'conflict' };
    }
    await completePush(
      push,
      {
        ...common,
        kind: 'synced',
        remoteId: progress.remoteId ?? '',
        message: message === '' ? 'Both sides agree.' : message,
        payloadHash: plan.hash,
      },
      auditLog.drainEvents(),
    );
    return { kind: 'synced' };
  } catch (error) {
    if (error instanceof FencedError) throw error;
    return handleFailure(session, push, delivery, error);
  }
}

async function handleFailure(
  session: PushSession,
  push: LeasedPush,
  delivery: Delivery,
  error: unknown,
): Promise<PushOutcome> {
  const { auditLog, progress } = delivery;
  const until = computePostponement(session, error);
  if (until !== undefined) {
    const isStop = session.signal?.aborted === true;
    await completePush(
      push,
      {
        kind: 'postponed',
        errorKind: isStop ? null : 'waiting',
        message: isStop ? null : safeMessage(error),
        until,
        ...progress,
      },
      auditLog.drainEvents(),
    );
    return {
      kind: 'postponed',
      until,
      ...(!isStop && isAuthFailure(error) && { needsReconnect: error.message }),
    };
  }
  if (!(error instanceof RemoteError))
    log.error(
      { event: 'push.failed', reason: safeMessage(error) },
      'A push failed for a reason of our own',
    );
  if (error instanceof RemoteError && error.kind === 'malformed')
    await deleteTargetMetadata(session);
  const isLast = push.attempts + 1 >= maxAttempts;
  if (isLast) await undoDelivery(delivery);
  const completion: PushCompletion = {
    kind: 'failed',
    errorKind: error instanceof RemoteError ? error.kind : 'internal',
    message: formatError(error),
    retryAt: isLast ? null : computeRetryAt(push.attempts + 1),
    ...progress,
  };
  await completePush(push, completion, auditLog.drainEvents());
  return { kind: isLast ? 'failed' : 'retried' };
}

/** The credentials are refused: that is so for every push, and no fault of this one. */
const isAuthFailure = (error: unknown): error is RemoteError =>
  error instanceof RemoteError && error.kind === 'auth';

/**
 * When it is not the push that failed: it was held back by a limit or a circuit of ours, told to
 * slow down, the connection is refused, or the worker stops.
 */
function computePostponement({ signal }: PushSession, error: unknown): Date | undefined {
  if (signal?.aborted === true) return new Date();
  if (isAuthFailure(error))
    return error.until ?? new Date(Date.now() + config().SYNC_RETRY_BASE_MS * 60);
  if (!(error instanceof RemoteError) || (!error.unsent && error.kind !== 'rate_limited'))
    return undefined;
  return error.until ?? new Date(Date.now() + config().SYNC_RETRY_BASE_MS * 10);
}

/**
 * Waits that double, each up to a quarter shorter or longer: those that failed together do not come
 * back together.
 */
function computeRetryAt(attempt: number): Date {
  return new Date(
    Date.now() + config().SYNC_RETRY_BASE_MS * 15 * 2 ** attempt * (0.75 + Math.random() / 2),
  );
}

function formatError(error: unknown): string {
  return error instanceof RemoteError
    ? error.message
    : 'Something went wrong on our side while the lead was being sent; it is in the log.';
}
