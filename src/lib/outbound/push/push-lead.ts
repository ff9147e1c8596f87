import { config } from '../../platform/config.ts';
import { patiently } from '../../platform/db/retry.ts';
import { RemoteError } from '../../platform/http/errors.ts';
import { log } from '../../platform/log.ts';
import { safeMessage } from '../../platform/secrets.ts';
import { FencedError } from '../../platform/lease.ts';
import { withTenant } from '../../identity/tenancy/with-tenant.ts';
import { AuditLog } from '../audit-log.ts';
import { deliver } from './deliver/deliver.ts';
import type { Delivery, Progress } from './deliver/delivery.ts';
import { undo } from './deliver/undo.ts';
import { planOf } from '../../mappings/plan.ts';
import type { PushSession } from './session.ts';
import { readSources, type LeadValues } from '../../mappings/lead-fields.ts';
import {
  renewLease,
  leadGone,
  mostAttempts,
  putDown,
  type Ending,
  type HeldPush,
} from './state.ts';
import { forgetTarget } from '../../mappings/destination-fields.ts';

/** What became of one push. `retried`: it failed, and is tried again. */
export type Pushed = (
  | { kind: 'synced' | 'unchanged' | 'conflict' | 'failed' | 'retried' | 'fenced' }
  | { kind: 'postponed'; until: Date }
) & { needsReconnect?: string };

/**
 * Carries a push that is in our hands to its end, whatever that is; only a database that is gone is
 * thrown.
 */
export async function pushOne(session: PushSession, held: HeldPush): Promise<Pushed> {
  const progress: Progress = {
    remoteId: held.remoteId,
    remoteIds: held.remoteIds,
    made: held.made,
  };
  const auditLog = openAuditLog(session, held, progress);
  try {
    const lead = await patiently(() =>
      withTenant(held.tenantId, (tx) => readSources(tx, held.tenantId, [held.leadId])),
    );
    const values = lead.get(held.leadId);
    const delivery =
      values === undefined ? undefined : deliveryOf(session, held, values, { auditLog, progress });
    if (values === undefined || delivery === undefined)
      return await giveUp(held, auditLog, progress);
    if (isUnchanged(session, held, delivery))
      return await unchanged(session, held, auditLog, values.seen);
    return await sent(session, held, values, delivery);
  } catch (error) {
    if (error instanceof FencedError) return { kind: 'fenced' };
    throw error;
  }
}

/** A conditional write whose response was lost is sent so often. */
const maxSends = 3;

function openAuditLog(session: PushSession, held: HeldPush, progress: Progress): AuditLog {
  return new AuditLog({
    provider: session.provider.key,
    store: (events) => renewLease(held, events, progress),
    maxSends,
    retryMs: config().SYNC_RETRY_BASE_MS,
  });
}

function deliveryOf(
  session: PushSession,
  held: HeldPush,
  { values, changedAt }: LeadValues,
  { auditLog, progress }: { auditLog: AuditLog; progress: Progress },
): Delivery {
  const { provider, metadata, mapping } = session;
  const tables = session.push.tables(
    { http: auditLog.client(session.http), settings: session.settings },
    metadata,
  );
  return {
    held,
    plan: planOf(mapping.fields, values, metadata),
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
async function giveUp(
  held: HeldPush,
  auditLog: AuditLog,
  { remoteId, remoteIds, made }: Progress,
): Promise<Pushed> {
  await putDown(
    held,
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
    auditLog.take(),
  );
  return { kind: 'failed' };
}

/** Both agreed on exactly this last time. */
function isUnchanged({ mapping }: PushSession, held: HeldPush, { plan }: Delivery): boolean {
  return (
    held.remoteId !== null &&
    held.payloadHash === plan.hash &&
    held.mappingVersion === mapping.version &&
    held.base !== null
  );
}

async function unchanged(
  { mapping }: PushSession,
  held: HeldPush,
  auditLog: AuditLog,
  seen: string,
): Promise<Pushed> {
  const { remoteId, remoteIds, base, payloadHash } = held;
  await putDown(
    held,
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
    auditLog.take(),
  );
  return { kind: 'unchanged' };
}

async function sent(
  session: PushSession,
  held: HeldPush,
  { seen }: LeadValues,
  delivery: Delivery,
): Promise<Pushed> {
  const { plan, auditLog, progress } = delivery;
  try {
    const { base, conflicts, words } = await deliver(delivery);
    const common = {
      remoteId: progress.remoteId,
      remoteIds: progress.remoteIds,
      base,
      mappingVersion: session.mapping.version,
      seen,
    };
    const message = [...words, ...plan.problems.map((problem) => `Not sent: ${problem}`)].join(' ');
    if (conflicts.length > 0) {
      const fields = conflicts.map(({ field }) => field).join(', ');
      await putDown(
        held,
        {
          ...common,
          kind: 'conflict',
          message:
            words.length > 0 ? message : `Both sides changed: ${fields}. Decide which is right.`,
          conflicts,
        },
        auditLog.take(),
      );
      return { kind: 'conflict' };
    }
    await putDown(
      held,
      {
        ...common,
        kind: 'synced',
        remoteId: progress.remoteId ?? '',
        message: message === '' ? 'Both sides agree.' : message,
        payloadHash: plan.hash,
      },
      auditLog.take(),
    );
    return { kind: 'synced' };
  } catch (error) {
    if (error instanceof FencedError) throw error;
    return failed(session, held, delivery, error);
  }
}

async function failed(
  session: PushSession,
  held: HeldPush,
  delivery: Delivery,
  error: unknown,
): Promise<Pushed> {
  const { auditLog, progress } = delivery;
  const until = waitUntil(session, error);
  if (until !== undefined) {
    const isStop = session.signal?.aborted === true;
    await putDown(
      held,
      {
        kind: 'postponed',
        errorKind: isStop ? null : 'waiting',
        message: isStop ? null : safeMessage(error),
        until,
        ...progress,
      },
      auditLog.take(),
    );
    return {
      kind: 'postponed',
      until,
      ...(!isStop && isRefusal(error) && { needsReconnect: error.message }),
    };
  }
  if (!(error instanceof RemoteError))
    log.error(
      { event: 'push.failed', reason: safeMessage(error) },
      'A push failed for a reason of our own',
    );
  if (error instanceof RemoteError && error.kind === 'malformed') await forgetTarget(session);
  const isLast = held.attempts + 1 >= mostAttempts;
  if (isLast) await undo(delivery);
  const ending: Ending = {
    kind: 'failed',
    errorKind: error instanceof RemoteError ? error.kind : 'internal',
    message: wordsOf(error),
    retryAt: isLast ? null : retryAt(held.attempts + 1),
    ...progress,
  };
  await putDown(held, ending, auditLog.take());
  return { kind: isLast ? 'failed' : 'retried' };
}

/** The credentials are refused: that is so for every push, and no fault of this one. */
const isRefusal = (error: unknown): error is RemoteError =>
  error instanceof RemoteError && error.kind === 'auth';

/**
 * When it is not the push that failed: it was held back by a limit or a circuit of ours, told to
 * slow down, the connection is refused, or the worker stops.
 */
function waitUntil({ signal }: PushSession, error: unknown): Date | undefined {
  if (signal?.aborted === true) return new Date();
  if (isRefusal(error))
    return error.until ?? new Date(Date.now() + config().SYNC_RETRY_BASE_MS * 60);
  if (!(error instanceof RemoteError) || (!error.unsent && error.kind !== 'rate_limited'))
    return undefined;
  return error.until ?? new Date(Date.now() + config().SYNC_RETRY_BASE_MS * 10);
}

/**
 * Waits that double, each up to a quarter shorter or longer: those that failed together do not come
 * back together.
 */
function retryAt(attempt: number): Date {
  return new Date(
    Date.now() + config().SYNC_RETRY_BASE_MS * 15 * 2 ** attempt * (0.75 + Math.random() / 2),
  );
}

function wordsOf(error: unknown): string {
  return error instanceof RemoteError
    ? error.message
    : 'Something went wrong on our side while the lead was being sent; it is in the log.';
}
