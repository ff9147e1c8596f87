import { RemoteError } from '../../platform/http/errors.ts';
import type { HttpRequest, HttpResponse } from '../../platform/http/types.ts';
import type { WriteContext } from '../contract/actions.ts';
import { refusals, toRemoteError } from './hubspot-error.ts';
import type { HubSpotSettings } from './settings.ts';

export type Access = WriteContext<HubSpotSettings>;

/**
 * Roots of the paths. The date-based versions (`crm/objects/2026-03`) serve the same; version 3 is
 * the one that every account and every scope knows.
 */
export const paths = {
  objects: 'crm/v3/objects',
  owners: 'crm/v3/owners',
  pipelines: 'crm/v3/pipelines',
  properties: 'crm/v3/properties',
  schemas: 'crm/v3/schemas',
  associations: 'crm/v4/associations',
  account: 'account-info/v3/details',
};

/** Sends one GET request. Throws RemoteError. */
export const get = (
  access: Access,
  path: string,
  query: HttpRequest['query'] = {},
): Promise<HttpResponse> => send(access, { url: toUrl(access, path), query });

/** Sends one POST request that only reads. Throws RemoteError. */
export const post = (access: Access, path: string, json: unknown): Promise<HttpResponse> =>
  send(access, { method: 'POST', url: toUrl(access, path), json, effect: 'none' });

/** Changes one object: what is not named stays as it is. Throws RemoteError. */
export const patch = (access: Access, path: string, json: unknown): Promise<HttpResponse> =>
  send(access, { method: 'PATCH', url: toUrl(access, path), json, effect: 'once' });

/** Creates one object. Throws RemoteError. */
export const create = (access: Access, path: string, json: unknown): Promise<HttpResponse> =>
  send(access, { method: 'POST', url: toUrl(access, path), json });

export const toUrl = ({ settings }: Pick<Access, 'settings'>, path: string): string =>
  new URL(path, settings.baseUrl).href;

async function send(access: Access, request: HttpRequest): Promise<HttpResponse> {
  const response = await exchange(access, request);
  if (response.status < 300) return response;
  throw toRemoteError(response);
}

/** Sends one request and returns refusals as well. Throws RemoteError for everything else. */
export function exchange(access: Access, request: HttpRequest): Promise<HttpResponse> {
  return access.http
    .request({
      ...request,
      headers: { accept: 'application/json', ...authorize(access) },
      accept: refusals,
    })
    .catch((error: unknown) => {
      const isRefused = error instanceof RemoteError && error.status === 401;
      throw isRefused && hasOwnToken(access) ? refusedToken(error) : error;
    });
}

/** Whether the connection has the token of a private app, and not one from a sign-in. */
const hasOwnToken = ({ secrets }: Access): boolean => secrets['accessToken'] !== undefined;

/**
 * The token of a private app; that of a sign-in is added elsewhere. Trims it, because pasted ones
 * often end in a line break, which headers cannot contain.
 */
function authorize(access: Access): Record<string, string> {
  if (!hasOwnToken(access)) return {};
  const token = access.secrets['accessToken']?.trim() ?? '';
  if (token === '') throw refusedToken();
  return { authorization: `Bearer ${token}` };
}

function refusedToken(cause?: RemoteError): RemoteError {
  return new RemoteError(
    'auth',
    'HubSpot rejected the access token. It ends when the private app is deleted or its token is ' +
      'rotated. Copy the token from the private app and enter it again.',
    cause === undefined ? {} : { status: 401, cause },
  );
}
