import { randomUUID } from 'node:crypto';
import { RemoteError } from '../../platform/http/errors.ts';
import type { HttpResponse, HttpRequest } from '../../platform/http/types.ts';
import type { ReadContext } from '../contract/source.ts';
import type { PartnerCenterSettings } from './settings.ts';

export type Access = Pick<ReadContext<PartnerCenterSettings>, 'http' | 'settings'>;

const PATH = 'referrals';

/**
 * Requests the list once. The query is assembled by hand because the documentation shows the dollar
 * sign of its parameter names unescaped. Each request needs a new `client-request-id`. Source:
 * https://github.com/MicrosoftDocs/partner-rest (headers.md, error-codes.md)
 */
export function fetchReferrals(
  access: Access,
  query: Record<string, string>,
): Promise<HttpResponse> {
  const text = Object.entries(query)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&');
  return fetchReferralPage(access, text);
}

/**
 * Requests a list that holds at least one referral if there is any. The older documentation does
 * not name `$top`; if it is rejected, the first page is requested instead.
 */
export async function fetchSample(access: Access): Promise<HttpResponse> {
  try {
    return await fetchReferrals(access, { $top: '1' });
  } catch (error) {
    if (error instanceof RemoteError && error.status === 400) return fetchReferralPage(access, '');
    throw error;
  }
}

/** Requests the list with a query that is already encoded; empty for none. */
export function fetchReferralPage(
  { http, settings }: Access,
  query: string,
): Promise<HttpResponse> {
  const { href } = new URL(PATH, settings.baseUrl);
  return send(http, { url: query === '' ? href : `${href}?${query}` });
}

/** Sends one request about one referral. */
export function requestReferral(
  { http, settings }: Access,
  id: string,
  request: Omit<HttpRequest, 'url'> = {},
): Promise<HttpResponse> {
  return send(http, {
    ...request,
    url: new URL(`${PATH}/${encodeURIComponent(id)}`, settings.baseUrl).href,
  });
}

async function send(http: Access['http'], request: HttpRequest): Promise<HttpResponse> {
  try {
    return await http.request({
      ...request,
      // The specification of the connector requires a content type even where there is no content.
      headers: {
        'content-type': 'application/json',
        'client-request-id': randomUUID(),
        ...request.headers,
      },
    });
  } catch (error) {
    throw error instanceof RemoteError ? toPlainError(error) : error;
  }
}

const FORBIDDEN =
  'Partner Center only allows users with the role Referral Admin or Referral User to read and ' +
  'change referrals, and never an application on its own. Give the user one of these roles, or ' +
  'connect with another user.';
const LOCKED = 'Partner Center has temporarily locked the list. We will try again automatically.';

/**
 * Replaces the errors of statuses that have a special meaning here. The error code in the body adds
 * nothing to the status.
 */
function toPlainError(error: RemoteError): RemoteError {
  const { status, until } = error;
  const details = {
    ...(status !== undefined && { status }),
    ...(until && { until }),
    cause: error,
  };
  if (status === 403) return new RemoteError('permission', FORBIDDEN, details);
  return status === 423 ? new RemoteError('transient', LOCKED, details) : error;
}
