import { RemoteError } from '../../../platform/http/errors.ts';
import { parseRetryAfter } from '../../../platform/http/retry-after.ts';
import type { HttpClient, HttpRequest, HttpResponse } from '../../../platform/http/types.ts';
import { toObject, tryParseJson } from '../../kit/json.ts';
import { describeMissingPrivilege, kindsByCode, readODataError } from '../odata-error.ts';

/** A response of the Web API, which may also be a refusal with a reason. */
export interface WebApiResponse {
  status: number;
  headers: Record<string, string>;
  body: Record<string, unknown>;
  /** Such as `0x80040333`; empty when the refusal has none. */
  code: string;
}

/**
 * "A record was not created or updated because a duplicate of the current record already exists".
 * One page of the documentation says that it comes with 412, another says 500, so the code counts
 * and not the status.
 * https://learn.microsoft.com/en-us/power-apps/developer/data-platform/webapi/manage-duplicate-detection-create-update
 */
const DUPLICATE = '0x80040333';
/**
 * "A record with matching key values already exists": a record with the same id, or another record
 * with the same alternate key. For the latter there also is DuplicateRecordEntityKey, "Entity Key
 * violated", which comes with 412 on updates as well.
 * https://learn.microsoft.com/en-us/power-apps/developer/data-platform/reference/web-service-error-codes
 */
const SAME_KEY = ['0x80040237', '0x80060892'];

/** Statuses of refusals whose body tells what to do. 500 is only accepted for duplicates. */
const ACCEPTED_STATUSES = [400, 403, 404, 409, 412, 500];

const FIXED_HEADERS = {
  accept: 'application/json',
  'odata-maxversion': '4.0',
  'odata-version': '4.0',
};

/** The documentation advises it so that no cache in between answers. */
const UNCACHED = { 'if-none-match': 'null' };

const UNAVAILABLE =
  'Dynamics 365 is not available right now. We will try again automatically. (HTTP 500)';
const THROTTLED = 'Dynamics 365 received too many requests. The lead is sent automatically later.';
const ROLE =
  'Give its application user a security role that may read and write accounts, contacts, leads ' +
  'and opportunities.';

/**
 * Sends one request to the Web API. `path` is relative to `/api/data/v9.2/`. Throws RemoteError for
 * everything that is neither a success nor a refusal which the caller has to handle.
 */
export async function send(
  http: HttpClient,
  root: string,
  { path, headers, ...request }: Omit<HttpRequest, 'url'> & { path: string },
): Promise<WebApiResponse> {
  const isRead = (request.method ?? 'GET') === 'GET';
  const response = await http.request({
    ...request,
    url: `${root}${path}`,
    headers: { ...FIXED_HEADERS, ...(isRead && UNCACHED), ...headers },
    accept: ACCEPTED_STATUSES,
  });
  return assertHandled(toWebApiResponse(response), response.receivedAt);
}

function toWebApiResponse({ status, headers, body: text }: HttpResponse): WebApiResponse {
  const body = parseBody(text);
  return { status, headers, body, code: readODataError(body).code };
}

function parseBody(text: string): Record<string, unknown> {
  if (text.trim() === '') return {};
  const parsed = tryParseJson(text);
  if (parsed !== undefined) return toObject(parsed);
  throw new RemoteError(
    'transient',
    'Dynamics 365 returned something that is not JSON. We will try again automatically.',
  );
}

function assertHandled(response: WebApiResponse, receivedAt: Date): WebApiResponse {
  const { status, headers, code, body } = response;
  if (status >= 400 && kindsByCode[code] === 'rate_limited') {
    const until = parseRetryAfter(headers['retry-after'], receivedAt);
    throw new RemoteError('rate_limited', THROTTLED, { status, headers, ...(until && { until }) });
  }
  if (status === 500 && code !== DUPLICATE)
    throw new RemoteError('transient', UNAVAILABLE, { status });
  if (status === 403 || (status >= 400 && kindsByCode[code] === 'permission')) {
    const texts = { action: 'do this', remedy: ROLE };
    const message = describeMissingPrivilege(readODataError(body), texts);
    throw new RemoteError('permission', message, { status });
  }
  return response;
}

/**
 * Whether a record is not there. The same status without this meaning says that the table or the
 * address is unknown, which must not pass for a deleted record.
 */
export const isMissing = ({ status, body }: WebApiResponse): boolean =>
  status === 404 && !UNKNOWN_ADDRESS.test(readODataError(body).message);

/** "Resource not found for the segment 'leads'." */
const UNKNOWN_ADDRESS = /resource not found for the segment/i;

export const isDuplicate = ({ code }: WebApiResponse): boolean => code === DUPLICATE;
export const isKeyConflict = ({ code }: WebApiResponse): boolean => SAME_KEY.includes(code);

/**
 * The error for a refusal that we cannot resolve ourselves. Its message is in our own words and
 * holds no values of the record; the full response is in the history.
 */
export function createRefusalError(
  what: string,
  { status, code, body }: WebApiResponse,
): RemoteError {
  const field = /'(\w+)'/.exec(readODataError(body).message)?.[1];
  const about = field === undefined ? '' : ` It mentions the field "${field}".`;
  const reference = code === '' ? `HTTP ${status}` : `HTTP ${status}, ${code}`;
  return new RemoteError(
    'malformed',
    `Dynamics 365 did not accept ${what}.${about} ` +
      `Check the field mapping and the response in the history. (${reference})`,
    { status },
  );
}
