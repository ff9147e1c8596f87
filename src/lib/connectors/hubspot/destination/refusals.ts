import { RemoteError } from '../../../platform/http/errors.ts';
import type { HttpResponse } from '../../../platform/http/types.ts';
import { toObject, tryParseJson } from '../../kit/json.ts';
import { toRemoteError } from '../hubspot-error.ts';

/**
 * What is said when another contact has the e-mail address, or another value that must be unique.
 * Unconfirmed: the words of the latter, and whether they come with 400, 409 or among the errors of
 * an answer with 207.
 */
const TAKEN = /already (exists|has that value)|CONFLICT|duplicate/i;

export const isTaken = ({ status, body }: Pick<HttpResponse, 'status' | 'body'>): boolean =>
  status === 409 || ((status === 400 || status === 207) && TAKEN.test(readErrors(body)));

/** Categories and messages of a refusal, or of the errors in an answer about several objects. */
function readErrors(body: string): string {
  const { category, message, errors } = toObject(tryParseJson(body));
  const inner = Array.isArray(errors) ? errors.map(toObject) : [];
  return [{ category, message }, ...inner]
    .flatMap((error) => [error['category'], error['message']])
    .filter((text) => typeof text === 'string')
    .join(' ');
}

/**
 * The error for a refusal that we cannot resolve ourselves. Its message is in our own words and
 * holds no values of the contact; the full response is in the history.
 */
export function createRefusalError(what: string, response: HttpResponse): RemoteError {
  const error = toRemoteError(response);
  if (error.kind !== 'malformed' && error.kind !== 'gone') return error;
  const named = findProperties(response.body);
  const about = named.length === 0 ? '' : ` It mentions ${named.map(quote).join(', ')}.`;
  return new RemoteError(
    'malformed',
    `HubSpot did not accept ${what}.${about} ` +
      `Check the field mapping and the response in the history. (HTTP ${response.status})`,
    { status: response.status },
  );
}

const quote = (name: string): string => `the property "${name}"`;

/** The names of properties in a refusal, which may be JSON within its message. */
function findProperties(body: string): string[] {
  const names = body.matchAll(
    /\\?"(?:name|propertyName|in)\\?"\s*:\s*\[?\s*\\?"([a-z]\w{0,99})\\?"/g,
  );
  return [...new Set(Array.from(names, ([, name = '']) => name))].slice(0, 3);
}
