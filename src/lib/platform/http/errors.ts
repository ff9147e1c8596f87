/**
 * The closed set of ways in which a remote system can fail us. Every decision about
 * retrying, pausing or stopping is taken on `kind` alone (see sync/policy.ts).
 *
 * - auth            the credentials are refused: a person has to reconnect
 * - permission      the credentials are good but may not do this
 * - rate_limited    asked to slow down; `until` says for how long, when the answer told
 * - transient       worth another try: time-outs, 5xx, cut bodies, refused sockets
 * - malformed       the answer arrived whole and is not what the documentation promises
 * - gone            the thing asked for does not exist any more
 * - cursor_invalid  the place to continue from is not known there any more: start a full pass
 */
export type RemoteErrorKind =
  'auth' | 'permission' | 'rate_limited' | 'transient' | 'malformed' | 'gone' | 'cursor_invalid';

export interface RemoteErrorDetails {
  /** HTTP status, when there was an answer. */
  status?: number;
  /** Earliest time of the next try, when the remote system named one. */
  until?: Date;
  /** Headers of the answer, for those who read quotas; never shown. */
  headers?: Record<string, string>;
  /** A gate of ours held the request back: it never left, and asking again at once is useless. */
  unsent?: boolean;
  cause?: unknown;
}

/**
 * A failure of a remote system. The message never holds a header, a credential or a response body.
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

  /** Not a field: whatever prints an error must not print these. */
  get headers(): Record<string, string> | undefined {
    return this.#headers;
  }
}
