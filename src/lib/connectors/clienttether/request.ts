import { RemoteError } from '../../platform/http/errors.ts';
import type { HttpRequest, HttpResponse } from '../../platform/http/types.ts';
import type { ReadContext } from '../contract/source.ts';
import { assertDone, parseEnvelope, type Envelope } from './envelope.ts';
import type { ClientTetherSettings } from './settings.ts';

/** What requests to one account need. `concurrency` bounds the requests in flight. */
export type Access = Pick<
  ReadContext<ClientTetherSettings>,
  'http' | 'settings' | 'secrets' | 'concurrency'
>;

export interface ParsedResponse extends Envelope {
  /** Exactly as received. */
  response: HttpResponse;
}

/**
 * Sends one GET request with both keys: X-Access-Token identifies the agency, X-Web-Key selects the
 * account. Throws RemoteError. Source:
 * https://support.clienttether.com/api-document/clienttether-api-2-0-doc
 */
export async function sendRequest(
  access: Keys,
  path: string,
  query: Record<string, string | number | undefined> = {},
): Promise<ParsedResponse> {
  const response = await exchange(access, path, { query });
  return { response, ...parseEnvelope(response.body) };
}

/**
 * Sends one POST request. Its fields travel as JSON, and not in the address as with other callers,
 * because addresses end up in logs. Throws RemoteError.
 */
export async function postFields(
  access: Keys,
  path: string,
  fields: Record<string, string>,
  options: Pick<HttpRequest, 'effect'> = {},
): Promise<HttpResponse> {
  const response = await exchange(access, path, { method: 'POST', json: fields, ...options });
  assertDone(response.body);
  return response;
}

type Keys = Omit<Access, 'concurrency'>;

async function exchange(
  access: Keys,
  path: string,
  request: Omit<HttpRequest, 'url'>,
): Promise<HttpResponse> {
  const headers = {
    'X-Access-Token': readSecret(access, 'accessToken'),
    'X-Web-Key': readSecret(access, 'webKey'),
  };
  try {
    const url = new URL(path, access.settings.baseUrl).href;
    return await access.http.request({ ...request, url, headers });
  } catch (error) {
    throw isRefusal(error) ? createRefusedError(error.status) : error;
  }
}

/** Trims the key, because pasted keys often end in a line break, which headers cannot contain. */
function readSecret({ secrets }: Keys, name: string): string {
  const value = secrets[name]?.trim() ?? '';
  if (value === '') throw createRefusedError();
  return value;
}

/**
 * Accepts both 401 and 403: a gateway in front of the API rejects bad or missing keys, and the
 * documentation does not say with which status.
 */
function isRefusal(error: unknown): error is RemoteError {
  return error instanceof RemoteError && (error.status === 401 || error.status === 403);
}

function createRefusedError(status?: number): RemoteError {
  const message =
    'ClientTether rejected the keys. The access token changes when its user is renamed or gets ' +
    'another level. Copy the access token and the web key from Settings > API and enter them ' +
    'again.';
  return new RemoteError('auth', message, status === undefined ? {} : { status });
}
