import { RemoteError } from '../../platform/http/errors.ts';
import type { HttpResponse } from '../../platform/http/types.ts';
import type { ReadContext } from '../contract/source.ts';
import { parseEnvelope, type Envelope } from './envelope.ts';
import type { ClientTetherSettings } from './settings.ts';

/** What requests to one account need. `concurrency` bounds how many are under way at once. */
export type Access = Pick<
  ReadContext<ClientTetherSettings>,
  'http' | 'settings' | 'secrets' | 'concurrency'
>;

export interface ParsedResponse extends Envelope {
  /** Exactly as received. */
  response: HttpResponse;
}

/**
 * One GET request with both headers: X-Access-Token names the agency, X-Web-Key selects the account
 * that is read. Throws RemoteError. Source:
 * https://support.clienttether.com/api-document/clienttether-api-2-0-doc
 */
export async function sendRequest(
  access: Access,
  path: string,
  query: Record<string, string | number | undefined> = {},
): Promise<ParsedResponse> {
  const headers = {
    'X-Access-Token': readSecret(access, 'accessToken'),
    'X-Web-Key': readSecret(access, 'webKey'),
  };
  try {
    const response = await access.http.request({
      url: new URL(path, access.settings.baseUrl).href,
      query,
      headers,
    });
    return { response, ...parseEnvelope(response.body) };
  } catch (error) {
    throw isRefusal(error) ? createRefusedError(error.status) : error;
  }
}

/** Pasted keys often carry a line break, which no header can. */
function readSecret({ secrets }: Access, name: string): string {
  const value = secrets[name]?.trim() ?? '';
  if (value === '') throw createRefusedError();
  return value;
}

/**
 * A gateway in front of the API responds to bad or missing keys with 401 or 403; which of them is
 * not documented.
 */
function isRefusal(error: unknown): error is RemoteError {
  return error instanceof RemoteError && (error.status === 401 || error.status === 403);
}

function createRefusedError(status?: number): RemoteError {
  const words =
    'ClientTether refused the keys. The access token changes by itself when its user is renamed or gets another ' +
    'level: copy the access token and the web key from Settings > API and enter them again.';
  return new RemoteError('auth', words, status === undefined ? {} : { status });
}
