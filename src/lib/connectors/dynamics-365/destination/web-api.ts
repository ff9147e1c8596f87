import { RemoteError } from '../../../platform/http/errors.ts';
import { parseJson } from '../../../platform/http/json.ts';
import type { HttpClient, HttpRequest } from '../../../platform/http/types.ts';

/** An answer of the Web API that may also be a refusal with a reason. */
export interface WebApiResponse {
  status: number;
  headers: Record<string, string>;
  body: Record<string, unknown>;
  /** `0x80040333`; empty when the refusal names none. */
  code: string;
}

/**
 * Codes of Dataverse that decide. "A record was not created or updated because a duplicate of the
 * current record already exists" comes as 412 by one page and as 500 by another: the code counts,
 * not the status.
 * https://learn.microsoft.com/en-us/power-apps/developer/data-platform/webapi/manage-duplicate-detection-create-update
 */
const DUPLICATE = '0x80040333';
/**
 * "A record with matching key values already exists": of the same id, or of another one that has
 * the same alternate key.
 */
const SAME_KEY = '0x80040237';

/** Refusals of a write that say what to do about it. 500 is among them for duplicates alone. */
const ACCEPTED_STATUSES = [400, 403, 404, 409, 412, 500];

const FIXED_HEADERS = {
  accept: 'application/json',
  'odata-maxversion': '4.0',
  'odata-version': '4.0',
};

/**
 * Sends one request to the Web API. `path` stands below `/api/data/v9.2/`. Throws RemoteError for
 * all that is not an answer.
 */
export async function send(
  http: HttpClient,
  root: string,
  { path, headers, ...request }: Omit<HttpRequest, 'url'> & { path: string },
): Promise<WebApiResponse> {
  const response = await http.request({
    ...request,
    url: `${root}${path}`,
    headers: { ...FIXED_HEADERS, ...headers },
    accept: ACCEPTED_STATUSES,
  });
  const body = parseBody(response.body);
  const webApiResponse = {
    status: response.status,
    headers: response.headers,
    body,
    code: readErrorCode(body),
  };
  if (response.status === 500 && webApiResponse.code !== DUPLICATE)
    throw new RemoteError(
      'transient',
      'Dynamics 365 could not answer right now. The next try follows by itself. (HTTP 500)',
      { status: 500 },
    );
  if (response.status === 403)
    throw new RemoteError('permission', formatMissingPrivilege(body), { status: 403 });
  return webApiResponse;
}

function formatMissingPrivilege(body: Record<string, unknown>): string {
  const privilege = /\bprv\w+/.exec(readErrorMessage(body))?.[0];
  const lack =
    privilege === undefined
      ? 'does not let the application do this'
      : `says that the application lacks the privilege ${privilege}`;
  return `Dynamics 365 ${lack}. Give its application user a security role that may read and write accounts, contacts, leads and opportunities.`;
}

export const isDuplicate = ({ code }: WebApiResponse): boolean => code === DUPLICATE;
export const isKeyConflict = ({ code }: WebApiResponse): boolean => code === SAME_KEY;

function parseBody(text: string): Record<string, unknown> {
  if (text.trim() === '') return {};
  try {
    const parsed = parseJson(text);
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : {};
  } catch {
    throw new RemoteError(
      'transient',
      'Dynamics 365 sent something else than data. The next try follows by itself.',
    );
  }
}

function readErrorCode({ error }: Record<string, unknown>): string {
  const code: unknown =
    typeof error === 'object' && error !== null ? Reflect.get(error, 'code') : undefined;
  return typeof code === 'string' ? code.toLowerCase() : '';
}

/**
 * A refusal that nothing of ours can mend: in plain words, without the record's values. The history
 * holds the answer.
 */
export function createRefusalError(
  what: string,
  { status, code, body }: WebApiResponse,
): RemoteError {
  const field = /'(\w+)'/.exec(readErrorMessage(body))?.[1];
  const about = field === undefined ? '' : ` It names the field "${field}".`;
  const number = code === '' ? `HTTP ${status}` : `HTTP ${status}, ${code}`;
  return new RemoteError(
    'malformed',
    `Dynamics 365 did not accept ${what}.${about} Look at the field mapping, or at the answer in the history. (${number})`,
    { status },
  );
}

function readErrorMessage({ error }: Record<string, unknown>): string {
  const message: unknown =
    typeof error === 'object' && error !== null ? Reflect.get(error, 'message') : undefined;
  return typeof message === 'string' ? message : '';
}
