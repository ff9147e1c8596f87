import { RemoteError, type RemoteErrorKind } from '../../platform/http/errors.ts';
import { parseRetryAfter } from '../../platform/http/retry-after.ts';
import type { HttpResponse } from '../../platform/http/types.ts';
import { toObject, tryParseJson } from '../kit/json.ts';

/** The first error that a body describes; both texts are empty when it describes none. */
export interface ApiError {
  /** Such as INVALID_FIELD. */
  code: string;
  /** In the words of Salesforce: for matching, never for people. */
  message: string;
  /** The fields that it is about. */
  fields: string[];
}

/**
 * Reads the errors of the API, which are a list. Some resources send one as an object, and those of
 * single items have `statusCode` instead of `errorCode`.
 */
export function readApiError(body: string): ApiError {
  const parsed = tryParseJson(body);
  const first: unknown = Array.isArray(parsed) ? parsed[0] : parsed;
  const { errorCode, statusCode, message, fields } = toObject(first);
  return {
    code: [errorCode, statusCode].find((code) => typeof code === 'string') ?? '',
    message: typeof message === 'string' ? message : '',
    fields: Array.isArray(fields) ? fields.filter((field) => typeof field === 'string') : [],
  };
}

/**
 * Refusals with status 401 that a new access token does not mend. Sources:
 * https://github.com/jsforce/jsforce/pull/1774 and https://github.com/jsforce/jsforce/pull/1652
 */
const NOT_ABOUT_THE_TOKEN = [
  'This session is not valid for use with the REST API',
  'Connected app is not attached to Agent',
];

/** Whether a response with status 401 is about the access token, so that another one may help. */
export const isTokenRejected = ({ body }: HttpResponse): boolean =>
  !NOT_ABOUT_THE_TOKEN.some((text) => body.includes(text));

/** The refusal of a query that names a field which does not exist or may not be read. */
export class UnknownFieldError extends RemoteError {
  readonly field: string;
  /** The object that it would be a field of, where the refusal says so. */
  readonly entity: string | null;
  constructor(
    { field, entity }: { field: string; entity: string | null },
    message: string,
    details: { status: number },
  ) {
    super('malformed', message, details);
    this.field = field;
    this.entity = entity;
  }
}

/** A query that Salesforce gave up because it took too long. */
export class QueryTimeoutError extends RemoteError {}

/** Error codes that say more than the status. Source: the list of API fault codes. */
const BY_CODE = new Map<string, RemoteErrorKind>([
  ['REQUEST_LIMIT_EXCEEDED', 'rate_limited'],
  ['SERVER_UNAVAILABLE', 'transient'],
  ['QUERY_TIMEOUT', 'transient'],
  ['UNABLE_TO_LOCK_ROW', 'transient'],
  ['UNKNOWN_EXCEPTION', 'transient'],
  ['INVALID_QUERY_LOCATOR', 'cursor_invalid'],
  ['INVALID_TYPE', 'permission'],
  ['API_CURRENTLY_DISABLED', 'permission'],
  ['API_DISABLED_FOR_ORG', 'permission'],
  ['FUNCTIONALITY_NOT_ENABLED', 'permission'],
  ['INSUFFICIENT_ACCESS', 'permission'],
  ['INSUFFICIENT_ACCESS_OR_READONLY', 'permission'],
  ['OPERATION_TOO_LARGE', 'permission'],
  ['NOT_FOUND', 'gone'],
  ['ENTITY_IS_DELETED', 'gone'],
]);
const BY_STATUS = new Map<number, RemoteErrorKind>([
  [401, 'auth'],
  [403, 'permission'],
  [404, 'gone'],
]);

/** The error for a refusal, in our own words: only names are taken from the response. */
export function toRemoteError(response: HttpResponse): RemoteError {
  const { status, headers } = response;
  const { code, message } = readApiError(response.body);
  const kind = findKind(response, code);
  const reference = [`HTTP ${status}`, /^[A-Z_]{1,60}$/.test(code) ? code : ''].filter(Boolean);
  const text = `${TEXTS[kind] ?? UNEXPECTED} (${reference.join(', ')})`;
  const unknown = code === 'INVALID_FIELD' ? readUnknownField(message) : null;
  if (unknown !== null) return new UnknownFieldError(unknown, text, { status });
  if (code === 'QUERY_TIMEOUT') return new QueryTimeoutError(kind, text, { status, headers });
  const until = kind === 'rate_limited' ? { until: findEnd(response, message) } : {};
  return new RemoteError(kind, text, { status, headers, ...until });
}

function findKind(response: HttpResponse, code: string): RemoteErrorKind {
  if (response.status === 401) return isTokenRejected(response) ? 'auth' : 'permission';
  return BY_CODE.get(code) ?? BY_STATUS.get(response.status) ?? 'malformed';
}

/** "No such column 'Foo' on entity 'Lead'", "Didn't understand relationship 'Foo' in field path". */
function readUnknownField(message: string): { field: string; entity: string | null } | null {
  const match = UNKNOWN_FIELD.exec(message);
  if (match === null) return null;
  const [, column, entity = null, relationship] = match;
  return { field: column ?? relationship ?? '', entity };
}

const UNKNOWN_FIELD =
  /no such column '([\w.]+)'(?: on entity '(\w+)')?|understand relationship '(\w+)'/i;

/** How long to wait when too many requests are under way at once, in milliseconds. */
const CONCURRENCY_WAIT_MS = 60_000;
/**
 * How long to wait when the requests of a day are used up, in milliseconds. The day is the 24 hours
 * before each request, so it moves on all the time, and no header says when.
 */
export const DAILY_LIMIT_WAIT_MS = 3_600_000;

/** Both limits come with the same code; only the words differ. */
function findEnd({ headers, receivedAt }: HttpResponse, message: string): Date {
  const wait = /concurrent/i.test(message) ? CONCURRENCY_WAIT_MS : DAILY_LIMIT_WAIT_MS;
  return (
    parseRetryAfter(headers['retry-after'], receivedAt) ?? new Date(receivedAt.getTime() + wait)
  );
}

const TEXTS: Partial<Record<RemoteErrorKind, string>> = {
  auth: 'Salesforce no longer accepts our access. Connect it again.',
  permission:
    'Salesforce does not allow the user of this connection to read this. Give the user API ' +
    'access, and read access to the object and all of its records.',
  gone: 'Salesforce no longer has the requested data.',
  rate_limited:
    'All requests that Salesforce allows are used up. The sync continues automatically later.',
  cursor_invalid:
    'Salesforce no longer knows the position at which the list continues, so everything is read ' +
    'again.',
  transient: 'Salesforce is not available right now. We will try again automatically.',
};

const UNEXPECTED = 'Salesforce did not accept the request. The connection may need an update.';
