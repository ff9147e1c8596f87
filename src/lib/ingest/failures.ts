import { RemoteError } from '../platform/http/errors.ts';
import { safeMessage } from '../platform/secrets.ts';

/** Thrown when the worker shuts down or has lost its job: the run is released where it stands. */
export class StoppedError extends Error {
  override name = 'StoppedError';
  constructor() {
    super('The worker was shut down. Another worker continues from the last stored page.');
  }
}

/** Thrown at a page boundary when the time of the slice is over, so that others get their turn. */
export class SliceExpiredError extends Error {
  override name = 'SliceOver';
}

export interface Failure {
  kind: string;
  message: string;
  /** Whether the other streams of the connection would fail as well, so that they are not tried. */
  stopsConnection: boolean;
  /** Whether the credentials are to blame, so that a person has to reconnect. */
  needsReconnect: boolean;
  /** Whether the stream's cursor is dropped, so that the next pass starts at the beginning. */
  resetsCursor: boolean;
  /** Until when a retry is useless, if the source or the circuit breaker said so. */
  until?: Date | undefined;
}

/** Decides what follows from a failure; the one place that does. */
export function classifyFailure(error: unknown): Failure {
  const kind = error instanceof RemoteError ? error.kind : 'internal';
  return {
    kind,
    message: safeMessage(error),
    stopsConnection: ['auth', 'rate_limited', 'internal'].includes(kind),
    needsReconnect: kind === 'auth',
    resetsCursor: kind === 'cursor_invalid' || kind === 'malformed',
    until: error instanceof RemoteError ? error.until : undefined,
  };
}
