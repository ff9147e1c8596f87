import { RemoteError } from '../platform/http/errors.ts';
import { safeMessage } from '../platform/secrets.ts';

/** Thrown when the worker shuts down or has lost its job: the run is put down where it is. */
export class StoppedError extends Error {
  override name = 'StoppedError';
  constructor() {
    super('The worker was shut down. Another one goes on from the last stored page.');
  }
}

/** Thrown at a page boundary when the run has had its time: others get their turn. */
export class SliceExpiredError extends Error {
  override name = 'SliceOver';
}

export interface Failure {
  kind: string;
  message: string;
  /** Whether the other streams of the connection are worth trying. */
  stopsConnection: boolean;
  /** Whether the credentials are to blame, so that a person has to reconnect. */
  needsReconnect: boolean;
  /** Whether the stream has to forget its cursor and begin a full pass. */
  resetsCursor: boolean;
  /** Before when another try is useless, when the source or the circuit breaker said so. */
  until?: Date | undefined;
}

/** The one table that says what follows from a failed stream. */
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
