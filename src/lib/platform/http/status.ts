import { RemoteError, type RemoteErrorDetails, type RemoteErrorKind } from './errors.ts';

interface Failure {
  kind: RemoteErrorKind;
  /** What happened and what to do, after the host's name. */
  message: string;
}

const REFUSED_CREDENTIALS = 'rejected the credentials. Enter them again on the connection.';
const REFUSED_ACCESS =
  'accepted the credentials but denied access to this data. Ask its administrator for access.';
const GONE = 'no longer has the requested data.';
const BUSY = 'is not available right now. We will try again automatically.';
const SLOW_DOWN = 'received too many requests. The sync continues automatically later.';
const REDIRECT =
  'redirected the request, and redirects are not followed. Check the base URL of the connection.';
const UNEXPECTED = 'did not accept the request. The connection may need an update.';

/** What each HTTP status means for us. Statuses that are missing here fall back to their class. */
const BY_STATUS: Record<number, Failure> = {
  401: { kind: 'auth', message: REFUSED_CREDENTIALS },
  403: { kind: 'permission', message: REFUSED_ACCESS },
  404: { kind: 'gone', message: GONE },
  408: { kind: 'transient', message: BUSY },
  410: { kind: 'gone', message: GONE },
  425: { kind: 'transient', message: BUSY },
  429: { kind: 'rate_limited', message: SLOW_DOWN },
};
const BY_CLASS: Record<number, Failure> = {
  3: { kind: 'malformed', message: REDIRECT },
  5: { kind: 'transient', message: BUSY },
};
const ANY_OTHER: Failure = { kind: 'malformed', message: UNEXPECTED };

/** The error for the status of a response; undefined for 2xx. */
export function toStatusError(
  status: number,
  host: string,
  details: Pick<RemoteErrorDetails, 'until' | 'headers'> = {},
): RemoteError | undefined {
  if (status >= 200 && status < 300) return undefined;
  const failure = BY_STATUS[status] ?? BY_CLASS[Math.floor(status / 100)] ?? ANY_OTHER;
  return new RemoteError(failure.kind, `${host} ${failure.message} (HTTP ${status})`, {
    ...details,
    status,
  });
}
