import { config } from '../../platform/config.ts';
import { RemoteError } from '../../platform/http/errors.ts';
import { log } from '../../platform/log.ts';
import { safeMessage, safeReason } from '../../platform/secrets.ts';
import { deleteTargetMetadata } from '../../mappings/destination-fields.ts';
import { completePush, type PushCompletion } from './complete.ts';
import type { Delivery } from './deliver/delivery.ts';
import { undoDelivery } from './deliver/undo.ts';
import type { PushOutcome } from './outcome.ts';
import type { PushSession } from './session.ts';

/** After this many failed attempts in a row the push becomes a failed job. */
const maxAttempts = 3;

/**
 * Ends a push that failed: postpones it when something else is to blame, else counts the attempt
 * and plans the next one. After the last attempt what the push created is removed again.
 */
export async function completeFailure(
  session: PushSession,
  delivery: Delivery,
  error: unknown,
): Promise<PushOutcome> {
  const until = computePostponement(session, error);
  if (until !== undefined) return postponePush(session, delivery, error, until);
  if (!(error instanceof RemoteError))
    log.error(
      { event: 'push.failed', reason: safeReason(error) },
      'A push failed because of an internal error',
    );
  // The CRM may have other fields now than when they were read.
  if (error instanceof RemoteError && error.kind === 'malformed')
    await deleteTargetMetadata(session);
  return failPush(delivery, error);
}

async function postponePush(
  session: PushSession,
  { push, auditLog, progress }: Delivery,
  error: unknown,
  until: Date,
): Promise<PushOutcome> {
  const isStop = session.signal?.aborted === true;
  const completion: PushCompletion = {
    kind: 'postponed',
    errorKind: isStop ? null : 'waiting',
    message: isStop ? null : safeMessage(error),
    until,
    ...progress,
  };
  await completePush(push, completion, auditLog.drainEvents());
  return {
    kind: 'postponed',
    until,
    ...(!isStop && isAuthFailure(error) && { needsReconnect: error.message }),
  };
}

async function failPush(delivery: Delivery, error: unknown): Promise<PushOutcome> {
  const { push, auditLog, progress } = delivery;
  const attempt = push.attempts + 1;
  const isLast = attempt >= maxAttempts;
  if (isLast) await undoDelivery(delivery);
  const completion: PushCompletion = {
    kind: 'failed',
    errorKind: error instanceof RemoteError ? error.kind : 'internal',
    message: formatError(error),
    retryAt: isLast ? null : computeRetryAt(attempt),
    ...progress,
  };
  await completePush(push, completion, auditLog.drainEvents());
  return { kind: isLast ? 'failed' : 'retried' };
}

/** Waits as multiples of SYNC_RETRY_BASE_MS. */
const waits = { refusedCredentials: 60, rateLimit: 10, failedAttempt: 15 };

/**
 * Until when the push has to wait when something else is to blame: one of our limits or an open
 * circuit held it back, the CRM asked for fewer requests or refused the credentials, or the worker
 * shuts down. Undefined when the push itself failed.
 */
function computePostponement({ signal }: PushSession, error: unknown): Date | undefined {
  if (signal?.aborted === true) return new Date();
  if (isAuthFailure(error)) return error.until ?? inRetryIntervals(waits.refusedCredentials);
  if (!(error instanceof RemoteError) || (!error.unsent && error.kind !== 'rate_limited'))
    return undefined;
  return error.until ?? inRetryIntervals(waits.rateLimit);
}

/** The CRM refused the credentials, which concerns every push and not just this one. */
const isAuthFailure = (error: unknown): error is RemoteError =>
  error instanceof RemoteError && error.kind === 'auth';

/**
 * The wait doubles with each attempt and varies by up to a quarter in both directions, so that
 * pushes that failed together are not retried together.
 */
function computeRetryAt(attempt: number): Date {
  const jitter = 0.75 + Math.random() / 2;
  return inRetryIntervals(waits.failedAttempt * 2 ** attempt * jitter);
}

const inRetryIntervals = (count: number): Date =>
  new Date(Date.now() + config().SYNC_RETRY_BASE_MS * count);

function formatError(error: unknown): string {
  return error instanceof RemoteError
    ? error.message
    : 'The lead could not be sent because of an internal error. The reason is in the log.';
}
