import { RemoteError } from '../platform/http/errors.ts';
import { safeMessage } from '../platform/secrets.ts';

/** Thrown when another worker has taken the run over: stop at once and write nothing more. */
export class FencedError extends Error {
  override name = 'FencedError';
  constructor() {
    super('This run was taken over by another worker.');
  }
}

/** The reason with which a worker that shuts down ends its runs. */
export class StoppedError extends Error {
  override name = 'StoppedError';
  constructor() {
    super('The worker was shut down. The next run goes on from the last stored page.');
  }
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
}

/** The one table that says what follows from a failed stream. */
export function judge(error: unknown): Failure {
  const kind = error instanceof RemoteError ? error.kind : error instanceof StoppedError ? 'stopped' : 'internal';
  return {
    kind,
    message: safeMessage(error),
    stopsConnection: ['auth', 'rate_limited', 'stopped', 'internal'].includes(kind),
    needsReconnect: kind === 'auth',
    resetsCursor: kind === 'cursor_invalid' || kind === 'malformed',
  };
}
