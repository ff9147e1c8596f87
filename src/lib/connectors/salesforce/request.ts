import { RemoteError } from '../../platform/http/errors.ts';
import type { HttpRequest, HttpResponse } from '../../platform/http/types.ts';
import type { ReadContext } from '../contract/source.ts';
import { toRemoteError } from './api-error.ts';
import type { SalesforceSettings } from './settings.ts';

export type Context = ReadContext<SalesforceSettings>;
export type Access = Pick<Context, 'http' | 'settings'>;

/** Every organisation answers all versions since 31.0. */
const API = 'services/data/v60.0';

/** Statuses of refusals whose body contains the reason. */
const ACCEPTED_STATUSES = [400, 401, 403, 404, 405, 409, 410, 412, 414, 415, 431];

/** A URL in the REST API of the organisation. */
export const buildUrl = ({ baseUrl }: Pick<SalesforceSettings, 'baseUrl'>, path: string): string =>
  `${baseUrl}${API}/${path}`;

/**
 * The URL of a link that Salesforce sent, which has no host. Throws RemoteError `malformed` when it
 * leads elsewhere, because the access token is sent along.
 */
export function resolveLink(
  { baseUrl }: Pick<SalesforceSettings, 'baseUrl'>,
  link: string,
): string {
  if (/^\/(?!\/)/.test(link)) return baseUrl.replace(/\/$/, '') + link;
  if (URL.canParse(link) && new URL(link).origin === new URL(baseUrl).origin) return link;
  throw new RemoteError(
    'malformed',
    'Salesforce sent a link to a different host, so it was not followed.',
  );
}

/** Sends one request. Throws RemoteError. */
export async function send({ http }: Access, request: HttpRequest): Promise<HttpResponse> {
  const response = await http.request({ ...request, accept: ACCEPTED_STATUSES });
  if (response.status < 300) return response;
  throw toRemoteError(response);
}
