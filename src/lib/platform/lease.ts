import { isNull, lte, or, sql } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import { log } from './log.ts';
import { safeReason } from './secrets.ts';

/*
 * A lease lets one worker at a time write a row. It has an end, which its holder extends while it
 * works, and a fencing token, which increases each time the row is taken. Every write of the holder
 * compares the token, so that a worker whose lease has expired changes nothing.
 */

/** Thrown when another worker has taken the row over: stop at once and write nothing more. */
export class FencedError extends Error {
  override name = 'FencedError';
  constructor() {
    super('This run was taken over by another worker.');
  }
}

/** When a lease that is taken or renewed now ends, by the clock of the database. */
export const leaseExpiry = (seconds: number) => sql`now() + make_interval(secs => ${seconds})`;

/** The row has no lease, or its lease has expired. */
export const whereLeaseFree = (leaseUntil: PgColumn) =>
  or(isNull(leaseUntil), lte(leaseUntil, sql`now()`));

export interface LeaseOptions {
  seconds: number;
  /** Extends the lease. Throws FencedError when another worker has taken the row over. */
  renew: () => Promise<void>;
}

/** A lease is renewed three times within its duration, so that two renewals may fail. */
const renewalsPerLease = 3;

/**
 * Renews a lease while `work` runs, and returns its result. If another worker takes the row over,
 * the signal is aborted with the FencedError. A renewal that fails for another reason is logged,
 * and the next one may still extend the lease in time.
 */
export async function whileLeased<T>(
  { seconds, renew }: LeaseOptions,
  work: (lost: AbortSignal) => Promise<T>,
): Promise<T> {
  const stop = new AbortController();
  const renewing = setInterval(
    () =>
      void renew().catch((error: unknown) => {
        if (error instanceof FencedError) stop.abort(error);
        else
          log.warn(
            { event: 'lease.not_renewed', reason: safeReason(error) },
            'A lease could not be renewed',
          );
      }),
    (seconds * 1000) / renewalsPerLease,
  );
  try {
    return await work(stop.signal);
  } finally {
    clearInterval(renewing);
  }
}
