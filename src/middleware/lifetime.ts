import type { APIContext } from 'astro';
import { config } from '#lib/platform/config.ts';
import { withCancellation } from '#lib/platform/db/cancel.ts';
import { Problem } from '#lib/platform/errors.ts';
import { isSafe } from './request.ts';

/** The status under which a request is logged whose client left; nobody receives it. */
const clientLeft = 499;

/**
 * Handles a request until its deadline. A request that only reads is given up then, and as soon as
 * its client has left: its statements are cancelled and its work ends at its next one. One that
 * writes is answered at the deadline but runs to its end, because what it began elsewhere, such as
 * a change in a CRM, has to be written down here. Throws Problem `timed_out` at the deadline.
 */
export async function withLifetime(
  { request, locals }: Pick<APIContext, 'request' | 'locals'>,
  handle: () => Promise<Response>,
): Promise<Response> {
  const reads = isSafe(request);
  const deadline = new AbortController();
  const seconds = config().REQUEST_TIMEOUT_SECONDS;
  const timer = setTimeout(() => deadline.abort(tookTooLong(seconds, reads)), seconds * 1000);
  locals.takeLong = () => {
    clearTimeout(timer);
    locals.leaveQueue?.();
  };
  try {
    if (!reads) return await untilAborted(deadline.signal, handle());
    const signal = AbortSignal.any([deadline.signal, request.signal]);
    return await untilAborted(signal, withCancellation(signal, handle));
  } catch (error) {
    if (reads && request.signal.aborted) return new Response(null, { status: clientLeft });
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function tookTooLong(seconds: number, reads: boolean): Problem {
  const what = `This took longer than ${seconds} seconds`;
  return new Problem(
    'timed_out',
    reads
      ? `${what} and was given up. Choose a shorter period or a filter, or try again in a minute.`
      : `${what} and may still be carried out. Look whether it was before you try again.`,
  );
}

/** The outcome of `work`, or a rejection with the reason of the signal when that aborts first. */
async function untilAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason as Error);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
