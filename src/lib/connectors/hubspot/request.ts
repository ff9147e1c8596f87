import { RemoteError } from '../../platform/http/errors.ts';
import type { HttpRequest, HttpResponse } from '../../platform/http/types.ts';
import type { ReadContext } from '../contract/source.ts';
import { refusals, toRemoteError } from './hubspot-error.ts';
import type { HubSpotSettings } from './settings.ts';

export type Access = Pick<ReadContext<HubSpotSettings>, 'http' | 'settings' | 'secrets'>;

/**
 * Roots of the paths. The date-based versions (`crm/objects/2026-03`) serve the same; version 3 is
 * the one that every account and every scope knows.
 */
export const paths = {
  objects: 'crm/v3/objects',
  owners: 'crm/v3/owners',
  pipelines: 'crm/v3/pipelines',
  properties: 'crm/v3/properties',
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

const toUrl = ({ settings }: Access, path: string): string => new URL(path, settings.baseUrl).href;

async function send(access: Access, request: HttpRequest): Promise<HttpResponse> {
  const response = await access.http
    .request({
      ...request,
      headers: { accept: 'application/json', authorization: `Bearer ${readToken(access)}` },
      accept: refusals,
    })
    .catch((error: unknown) => {
      throw error instanceof RemoteError && error.status === 401 ? refusedToken(error) : error;
    });
  if (response.status < 300) return response;
  throw toRemoteError(response);
}

/** Trims the token, because pasted ones often end in a line break, which headers cannot contain. */
function readToken({ secrets }: Access): string {
  const token = secrets['accessToken']?.trim() ?? '';
  if (token === '') throw refusedToken();
  return token;
}

function refusedToken(cause?: RemoteError): RemoteError {
  return new RemoteError(
    'auth',
    'HubSpot rejected the access token. It ends when the private app is deleted or its token is ' +
      'rotated. Copy the token from the private app and enter it again.',
    cause === undefined ? {} : { status: 401, cause },
  );
}
