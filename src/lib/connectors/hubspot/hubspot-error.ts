import type { HttpResponse } from '../../platform/http/types.ts';
import {
  RemoteError,
  type RemoteErrorDetails,
  type RemoteErrorKind,
} from '../../platform/http/errors.ts';
import { parseRetryAfter } from '../../platform/http/retry-after.ts';
import { toObject, tryParseJson } from '../kit/json.ts';

/** Statuses of refusals whose body tells more. 477: the account moves to another data centre. */
export const refusals: readonly number[] = [400, 403, 404, 409, 414, 423, 477];

const BY_STATUS: Record<number, RemoteErrorKind> = {
  403: 'permission',
  404: 'gone',
  423: 'transient',
  477: 'transient',
};

/** What is said of an object type that an account does not have, with 400 or 404. */
const UNKNOWN_TYPE = /unable to infer object type/i;

/**
 * The error for a refusal, in our own words: only names of scopes are taken from it. Every field of
 * the body is optional, and an unknown path is answered with a web page. Source:
 * https://developers.hubspot.com/docs/api-reference/error-handling
 */
export function toRemoteError({ status, headers, body, receivedAt }: HttpResponse): RemoteError {
  const error = toObject(tryParseJson(body));
  const message = String(error['message'] ?? '');
  const kind = UNKNOWN_TYPE.test(message) ? 'gone' : (BY_STATUS[status] ?? 'malformed');
  const until = parseRetryAfter(headers['retry-after'], receivedAt);
  const details: RemoteErrorDetails = { status, headers, ...(until && { until }) };
  const text = kind === 'permission' ? describeScopes(error) : (TEXTS[kind] ?? UNEXPECTED);
  return new RemoteError(kind, `${text} (HTTP ${status})`, details);
}

const TEXTS: Partial<Record<RemoteErrorKind, string>> = {
  gone: 'HubSpot does not have what was asked for.',
  transient: 'HubSpot has locked the account for a while. We will try again automatically.',
};
const UNEXPECTED = 'HubSpot did not accept the request. The connection may need an update.';

const SCOPE = /^[a-z][\w-]*(\.[\w-]+)*\.(read|write)$/;

function describeScopes(error: Record<string, unknown>): string {
  const scopes = [...new Set(listTexts(error).filter((text) => SCOPE.test(text)))].slice(0, 5);
  return scopes.length === 0
    ? 'HubSpot does not allow the application to read this. Give it the scope for these records.'
    : `HubSpot reports that the application lacks the scope ${scopes.join(', ')}. Add it to the ` +
        'application in HubSpot.';
}

/** All texts in a value, however deep: scopes stand in contexts of several forms. */
function listTexts(value: unknown, depth = 0): string[] {
  if (typeof value === 'string') return value.split(/[\s,[\]"'`]+/);
  if (typeof value !== 'object' || value === null || depth > 5) return [];
  return Object.values(value).flatMap((each) => listTexts(each, depth + 1));
}
