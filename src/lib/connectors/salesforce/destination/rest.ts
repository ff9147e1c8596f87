import { RemoteError } from '../../../platform/http/errors.ts';
import type { HttpRequest, HttpResponse } from '../../../platform/http/types.ts';
import { readApiError, toRemoteError, type ApiError } from '../api-error.ts';
import { buildUrl, type Access } from '../request.ts';

/** A response, which may also be a refusal with a reason. */
export interface RestResponse extends ApiError {
  status: number;
  body: string;
}

/** Statuses of refusals whose body tells what to do. 300: several records have one external id. */
const ACCEPTED_STATUSES = [300, 400, 401, 403, 404, 405, 409, 410, 412, 414, 415];

/** Refusals that the sender handles, besides those of the record itself. */
const ABOUT_ACCESS = new Set(['auth', 'permission', 'rate_limited', 'transient']);

const NO_RIGHT =
  'Salesforce does not allow the user of this connection to write leads. Give the user read, create ' +
  'and edit access to leads and to the fields of the mapping.';

/**
 * Sends one request about records. `path` is relative to `/services/data/v60.0/`. Throws RemoteError
 * for everything that is neither a success nor a refusal which the caller has to handle.
 */
export async function exchange(
  access: Access,
  { path, ...request }: Omit<HttpRequest, 'url'> & { path: string },
): Promise<RestResponse> {
  const response = await access.http.request({
    ...request,
    url: buildUrl(access.settings, path),
    accept: ACCEPTED_STATUSES,
  });
  if (response.status < 300)
    return { status: response.status, body: response.body, code: '', message: '', fields: [] };
  assertAccess(response);
  return { status: response.status, body: response.body, ...readApiError(response.body) };
}

function assertAccess(response: HttpResponse): void {
  const error = toRemoteError(response);
  if (!ABOUT_ACCESS.has(error.kind)) return;
  if (error.kind !== 'permission') throw error;
  const { code } = readApiError(response.body);
  throw new RemoteError('permission', `${NO_RIGHT} (HTTP ${response.status}, ${code})`, {
    status: response.status,
  });
}

/** Whether the record is not there, or no longer. */
export const isMissing = ({ status, code }: RestResponse): boolean =>
  status === 404 || code === 'ENTITY_IS_DELETED';

/**
 * The error for a refusal that we cannot resolve ourselves. Its message is in our own words and
 * holds no values of the record; the full response is in the history.
 */
export function createRefusalError(
  what: string,
  { status, code, fields }: RestResponse,
): RemoteError {
  const named = fields.filter((field) => /^\w{1,80}$/.test(field));
  const about =
    named.length === 0
      ? ''
      : ` It mentions ${named.map((field) => `the field "${field}"`).join(', ')}.`;
  const reference = /^[A-Z_]{1,60}$/.test(code) ? `HTTP ${status}, ${code}` : `HTTP ${status}`;
  return new RemoteError(
    'malformed',
    `Salesforce did not accept ${what}.${about} ` +
      `Check the field mapping and the response in the history. (${reference})`,
    { status },
  );
}
