import { config } from '../../platform/config.ts';
import type { RemoteError } from '../../platform/http/errors.ts';

/** A change that could not be delivered for so long has failed. */
const giveUpAfterMs = 24 * 3_600_000;
/** The wait after the first attempt and the longest one, as multiples of SYNC_RETRY_BASE_MS. */
const firstWait = 60;
const longestWait = 3_600;

/** What follows from an attempt that failed, in words for people. */
export type FailurePlan =
  { kind: 'waiting'; at: Date; message: string } | { kind: 'refused' | 'failed'; message: string };

/**
 * Plans what follows a failed attempt. Whatever is over by itself (too many requests, an outage, a
 * response that never came) is tried again: at the time that the source asks for, else after a wait
 * that doubles. Everything else is refused for good. Pure but for the configuration and chance.
 */
export function planNextAttempt(
  error: RemoteError,
  { attempts, requestedAt }: { attempts: number; requestedAt: Date },
  label: string,
  now: Date,
): FailurePlan {
  if (!isOverByItself(error))
    return {
      kind: 'refused',
      message: `${label} ${error.kind === 'gone' ? 'no longer has it' : 'did not change it'}. ${error.message}`,
    };
  const at = computeNextAttempt(error.until, attempts, now);
  const reason = explain(error, label);
  if (at.getTime() - requestedAt.getTime() > giveUpAfterMs)
    return {
      kind: 'failed',
      message: `${reason} It could not be delivered within a day. Change it again.`,
    };
  return { kind: 'waiting', at, message: reason };
}

function isOverByItself({ kind, status }: RemoteError): boolean {
  if (kind === 'rate_limited' || kind === 'transient') return true;
  return kind === 'malformed' && (status === undefined || status < 300 || status >= 500);
}

/** The earliest time that the source allows; a little chance keeps changes from coming together. */
function computeNextAttempt(until: Date | undefined, attempts: number, now: Date): Date {
  const base = config().SYNC_RETRY_BASE_MS;
  const wait = base * Math.min(firstWait * 2 ** Math.max(attempts - 1, 0), longestWait);
  const earliest = until === undefined ? now.getTime() + wait : until.getTime();
  return new Date(Math.max(earliest, now.getTime()) + base * (0.25 + Math.random() * 0.75));
}

function explain({ kind, status, unsent }: RemoteError, label: string): string {
  if (kind === 'rate_limited') return `${label} takes no more requests for now.`;
  if (status === 503 || unsent) return `${label} is not available right now.`;
  return (
    `${label} did not answer as it should, so it is not known whether the change arrived. ` +
    'That is looked at before it is sent again.'
  );
}
