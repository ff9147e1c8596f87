import {
  RemoteError,
  type RemoteErrorDetails,
  type RemoteErrorKind,
} from '../../platform/http/errors.ts';
import { parseJson } from '../../platform/http/json.ts';
import { parseRetryAfter } from '../../platform/http/retry-after.ts';
import type { HttpResponse } from '../../platform/http/types.ts';
import type { ReadContext } from '../contract/source.ts';
import type { DynamicsSettings } from './settings.ts';

export type Access = Pick<ReadContext<DynamicsSettings>, 'http' | 'settings'>;

const API = 'api/data/v9.2/';

/**
 * Required or advised with every request; the last one keeps what lies between from answering out
 * of a cache. Source:
 * https://learn.microsoft.com/en-us/power-apps/developer/data-platform/webapi/compose-http-requests-handle-errors
 */
const HEADERS = {
  accept: 'application/json',
  'odata-maxversion': '4.0',
  'odata-version': '4.0',
  'if-none-match': 'null',
};

/** Refusals whose body says what they are about. */
const ACCEPTED_STATUSES = [400, 403, 404, 405, 410, 412, 501];

/**
 * What a code means, where the status alone does not tell. Codes of service protection come with
 * 429 as documented.
 */
const BY_CODE: Record<string, RemoteErrorKind> = {
  '0x80072321': 'rate_limited',
  '0x80072322': 'rate_limited',
  '0x80072326': 'rate_limited',
  '0x80040220': 'permission',
  '0x80040217': 'gone',
  // General knowledge; the words that come with it decide as well.
  '0x80044352': 'cursor_invalid',
};
const BY_STATUS: Record<number, RemoteErrorKind> = {
  403: 'permission',
  404: 'gone',
  410: 'gone',
  500: 'transient',
};
/** "Version stamp associated with the client has expired. Please perform a full sync." */
const EXPIRED = /version stamp.*expired|perform a full sync/i;

/**
 * The address of something in the environment's Web API. Names of OData parameters begin with a
 * dollar sign, which is documented unescaped.
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
 * One GET of the Web API. `expires`: the address is a delta link, whose end may be told with any
 * status (which one is not documented), a server error included. Throws RemoteError.
 */
export async function get(
  { http }: Access,
  url: string,
  { prefer, expires = false }: { prefer?: string; expires?: boolean } = {},
): Promise<HttpResponse> {
  const request = { url, headers: { ...HEADERS, ...(prefer !== undefined && { prefer }) } };
  const response = await http.request({
    ...request,
    accept: expires ? [...ACCEPTED_STATUSES, 500] : ACCEPTED_STATUSES,
  });
  if (response.status < 300) return response;
  const refusal = toRemoteError(response);
  // Any other server error is asked again in the usual way, which waits between tries.
  return refusal.kind === 'transient' ? http.request(request) : Promise.reject(refusal);
}

/** A refusal as the error that it stands for, in our words; of theirs only names are shown. */
function toRemoteError({ status, headers, body, receivedAt }: HttpResponse): RemoteError {
  const { code, message } = readError(body);
  const kind = EXPIRED.test(message)
    ? 'cursor_invalid'
    : (BY_CODE[code] ?? BY_STATUS[status] ?? 'malformed');
  const until = parseRetryAfter(headers['retry-after'], receivedAt);
  const details: RemoteErrorDetails = { status, headers, ...(until && { until }) };
  return new RemoteError(
    kind,
    `${formatMessage(kind, message)} (${[`HTTP ${status}`, code].filter(Boolean).join(', ')})`,
    details,
  );
}

function formatMessage(kind: RemoteErrorKind, message: string): string {
  switch (kind) {
    case 'permission': {
      const privilege = /\bprv\w+/.exec(message)?.[0];
      const lack =
        privilege === undefined
          ? 'does not let the application read this'
          : `says that the application lacks the privilege ${privilege}`;
      return `Dynamics 365 ${lack}. Give its application user a security role that reads the table in the whole organisation.`;
    }
    case 'gone':
      return 'Dynamics 365 does not have what was asked for any more.';
    case 'rate_limited':
      return 'Dynamics 365 asked to slow down. Reading continues by itself later.';
    case 'cursor_invalid':
      return 'Dynamics 365 does not remember any more what had changed by then. Everything is read once more.';
    case 'transient':
      return 'Dynamics 365 could not answer right now. The next try follows by itself.';
    default:
      return 'Dynamics 365 did not accept the request. The connection may need an update.';
  }
}

function readError(body: string): { code: string; message: string } {
  const error: unknown = Reflect.get(toObject(tryParseJson(body)), 'error');
  const text = (name: string) => {
    const value: unknown = Reflect.get(toObject(error), name);
    return typeof value === 'string' ? value : '';
  };
  return { code: text('code').toLowerCase(), message: text('message') };
}

const toObject = (value: unknown): object =>
  typeof value === 'object' && value !== null ? value : {};

/** The JSON of a body; undefined when it is none. */
export function tryParseJson(body: string): unknown {
  try {
    return parseJson(body);
  } catch {
    return undefined;
  }
}
