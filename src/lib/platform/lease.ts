import { isNull, lte, or, sql } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import { log } from './log.ts';
import { safeReason } from './secrets.ts';

/*
 * A lease lets one worker at a time hold a row. It has an end, which its holder moves on while it
 * works, and a token that grows each time the row is taken: every write of the holder names the
 * token, so that a worker that stood still for too long changes nothing.
 */

/** Thrown when another worker holds the row by now: stop at once and write nothing more. */
export class FencedError extends Error {
  override name = 'FencedError';
  constructor() {
    super('This run was taken over by another worker.');
  }
}

/** When a lease that is taken or renewed now ends, by the clock of the database. */
export const leaseExpiry = (seconds: number) => sql`now() + make_interval(secs => ${seconds})`;

/** Nobody holds the row, or whoever did has let its lease run out. */
export const whereLeaseFree = (leaseUntil: PgColumn) =>
  or(isNull(leaseUntil), lte(leaseUntil, sql`now()`));

export interface LeaseOptions {
  seconds: number;
  /** Moves the end of the lease on. Throws FencedError when another worker has it. */
  renew: () => Promise<void>;
}

/** Holders renew three times within the life of a lease, so that two renewals may fail. */
const renewalsPerLease = 3;

/**
 * Renews a lease while `work` goes on. The signal is aborted with the FencedError when the lease is
 * lost all the same; a renewal that fails for another reason is made good by the next one.
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
