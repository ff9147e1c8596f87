import { randomUUID } from 'node:crypto';
import { RemoteError } from '../../platform/http/errors.ts';
import type { HttpResponse, HttpRequest } from '../../platform/http/types.ts';
import type { ReadContext } from '../contract/source.ts';
import type { PartnerCenterSettings } from './settings.ts';

export type Access = Pick<ReadContext<PartnerCenterSettings>, 'http' | 'settings'>;

const PATH = 'referrals';

/**
 * One GET of the list. The query is written by hand because its names begin with a dollar sign,
 * which is documented unescaped. `client-request-id` is required, a new one for each request.
 * Source: https://github.com/MicrosoftDocs/partner-rest (headers.md, error-codes.md)
 */
export async function fetchReferrals(
  { http, settings }: Access,
  query: Record<string, string>,
): Promise<HttpResponse> {
  const text = Object.entries(query)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&');
  return send(http, { url: `${new URL(PATH, settings.baseUrl).href}?${text}` });
}

/** One request about one referral. */
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
      headers: { 'client-request-id': randomUUID(), ...request.headers },
    });
  } catch (error) {
    throw error instanceof RemoteError ? toPlainError(error) : error;
  }
}

/**
 * Statuses that mean something else here than in general; the error code in the body says no more
 * than they do.
 */
function toPlainError(error: RemoteError): RemoteError {
  const { status, until } = error;
  const details = {
    ...(status !== undefined && { status }),
    ...(until && { until }),
    cause: error,
  };
  if (status === 403) {
    const message =
      'Partner Center lets only users in the role Referral Admin or Referral User read and change referrals, and never an application by itself. Give the user that role, or connect with another one.';
    return new RemoteError('permission', message, details);
  }
  if (status === 423)
    return new RemoteError(
      'transient',
      'Partner Center has locked the list for the moment. The next try follows by itself.',
      details,
    );
  return error;
}
