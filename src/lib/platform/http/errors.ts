/**
 * The closed set of ways in which a remote system can fail. Decisions about retrying, pausing or
 * stopping depend on the kind alone.
 *
 * - auth            the credentials are rejected: a person has to reconnect
 * - permission      the credentials are valid but do not allow this
 * - rate_limited    too many requests; `until` says how long to wait, if the response did
 * - transient       worth a retry: timeouts, 5xx, truncated bodies, refused connections
 * - malformed       the response is complete but not what the documentation promises
 * - gone            the requested item no longer exists
 * - cursor_invalid  the position to continue from is no longer valid: start a full pass
 */
export type RemoteErrorKind =
  'auth' | 'permission' | 'rate_limited' | 'transient' | 'malformed' | 'gone' | 'cursor_invalid';

export interface RemoteErrorDetails {
  /** HTTP status, when there was a response. */
  status?: number;
  /** Earliest time of the next attempt, if the remote system sent one. */
  until?: Date;
  /** Headers of the response, for reading quotas; never shown. */
  headers?: Record<string, string>;
  /** One of our gates stopped the request: it was not sent, and an immediate retry is useless. */
  unsent?: boolean;
  cause?: unknown;
}

/**
 * A failure of a remote system. The message never contains a header, a credential or a response
 * body.
 */
export class RemoteError extends Error {
  readonly kind: RemoteErrorKind;
  readonly status: number | undefined;
  readonly until: Date | undefined;
  readonly unsent: boolean;
  readonly #headers: Record<string, string> | undefined;

  constructor(kind: RemoteErrorKind, message: string, details: RemoteErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'RemoteError';
    this.kind = kind;
    this.status = details.status;
    this.until = details.until;
    this.unsent = details.unsent === true;
    this.#headers = details.headers;
  }

  /** A getter instead of a field, so that nothing that prints an error prints the headers. */
  get headers(): Record<string, string> | undefined {
    return this.#headers;
  }
}
