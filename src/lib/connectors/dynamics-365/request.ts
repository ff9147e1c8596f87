import {
  RemoteError,
  type RemoteErrorDetails,
  type RemoteErrorKind,
} from '../../platform/http/errors.ts';
import { parseRetryAfter } from '../../platform/http/retry-after.ts';
import type { HttpResponse } from '../../platform/http/types.ts';
import type { ReadContext } from '../contract/source.ts';
import { tryParseJson } from '../kit/json.ts';
import { describeMissingPrivilege, kindsByCode, readODataError } from './odata-error.ts';
import type { DynamicsSettings } from './settings.ts';
import { getOwn } from '../../platform/own.ts';

export type Access = Pick<ReadContext<DynamicsSettings>, 'http' | 'settings'>;

const API = 'api/data/v9.2/';

/**
 * Headers that are required or recommended for every request; the last one prevents responses from
 * caches in between. Source:
 * https://learn.microsoft.com/en-us/power-apps/developer/data-platform/webapi/compose-http-requests-handle-errors
 */
const HEADERS = {
  accept: 'application/json',
  'odata-maxversion': '4.0',
  'odata-version': '4.0',
  'if-none-match': 'null',
};

/** Statuses of refusals whose body contains the reason. */
const ACCEPTED_STATUSES = [400, 403, 404, 405, 410, 412, 501];

/** Error codes that say more about a list than the status. */
const BY_CODE: Record<string, RemoteErrorKind> = {
  ...kindsByCode,
  '0x80040217': 'gone',
  // Not documented; the message that comes with it (EXPIRED) is recognized as well.
  '0x80044352': 'cursor_invalid',
};
const BY_STATUS: Record<number, RemoteErrorKind> = {
  403: 'permission',
  404: 'gone',
  410: 'gone',
  500: 'transient',
};
/** Matches "Version stamp associated with the client has expired. Please perform a full sync." */
const EXPIRED = /version stamp.*expired|perform a full sync/i;

/**
 * A URL in the Web API of the environment. The query is assembled by hand because the documentation
 * shows the dollar sign of OData parameter names unescaped.
 */
export function buildUrl(
  { baseUrl }: Pick<DynamicsSettings, 'baseUrl'>,
  path: string,
  query: Record<string, string> = {},
): string {
  const text = Object.entries(query)
    .map(([name, value]) => `${name}=${encodeURIComponent(value).replaceAll('%2C', ',')}`)
    .join('&');
  return `${new URL(API, baseUrl).href}${path}${text === '' ? '' : `?${text}`}`;
}

/**
 * Sends one GET request to the Web API. `expires` marks a delta link: the response to an expired
 * one may have any status, even a server error, because the documentation does not name one. Throws
 * RemoteError.
 */
export async function get(
  { http }: Access,
  url: string,
  { prefer, expires = false }: { prefer?: string; expires?: boolean | undefined } = {},
): Promise<HttpResponse> {
  const request = { url, headers: { ...HEADERS, ...(prefer !== undefined && { prefer }) } };
  const response = await http.request({
    ...request,
    accept: expires ? [...ACCEPTED_STATUSES, 500] : ACCEPTED_STATUSES,
  });
  if (response.status < 300) return response;
  const refusal = toRemoteError(response);
  // Any other server error is retried in the usual way, which waits between the attempts.
  return refusal.kind === 'transient' ? http.request(request) : Promise.reject(refusal);
}

const UNKNOWN_PROPERTY = /could not find a property named '(\w+)'/i;

/** The refusal of a request that names a column which the Web API does not know. */
export class UnknownPropertyError extends RemoteError {
  readonly property: string;
  constructor(property: string, message: string, details: RemoteErrorDetails) {
    super('malformed', message, details);
    this.property = property;
  }
}

/** The error for a refusal, in our own words: only names are taken from the response. */
function toRemoteError({ status, headers, body, receivedAt }: HttpResponse): RemoteError {
  const error = readODataError(tryParseJson(body));
  const { code, message } = error;
  const kind = EXPIRED.test(message)
    ? 'cursor_invalid'
    : (getOwn(BY_CODE, code) ?? BY_STATUS[status] ?? 'malformed');
  const until = parseRetryAfter(headers['retry-after'], receivedAt);
  const details: RemoteErrorDetails = { status, headers, ...(until && { until }) };
  const property = UNKNOWN_PROPERTY.exec(message)?.[1];
  if (property !== undefined)
    return new UnknownPropertyError(property, `${UNEXPECTED} (HTTP ${status})`, details);
  const text =
    kind === 'permission' ? describeMissingPrivilege(error, READING) : (TEXTS[kind] ?? UNEXPECTED);
  const reference = [`HTTP ${status}`, code].filter(Boolean).join(', ');
  return new RemoteError(kind, `${text} (${reference})`, details);
}

const READING = {
  action: 'read this',
  remedy:
    'Give its application user a security role that can read the table in the whole organisation.',
};

const TEXTS: Partial<Record<RemoteErrorKind, string>> = {
  gone: 'Dynamics 365 no longer has the requested data.',
  rate_limited: 'Dynamics 365 received too many requests. The sync continues automatically later.',
  cursor_invalid:
    'Dynamics 365 no longer knows the changes since the last sync, so everything is read again.',
  transient: 'Dynamics 365 is not available right now. We will try again automatically.',
};

const UNEXPECTED = 'Dynamics 365 did not accept the request. The connection may need an update.';
