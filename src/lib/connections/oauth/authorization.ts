import { config } from '../../platform/config.ts';
import type { OwnedHttpClient } from '../../platform/http/client.ts';
import { RemoteError } from '../../platform/http/errors.ts';
import { isAllowedHost } from '../../platform/http/guard.ts';
import type { HttpResponse, HttpClient, HttpRequest } from '../../platform/http/types.ts';
import type { OAuthGrant } from '../../connectors/contract/auth.ts';
import { isLoopback } from '../../platform/http/addresses.ts';
import { getAccessToken } from './access-token.ts';
import type { AccessToken, TokenSource } from './store.ts';

/** Returns an access token; given one that was rejected, returns another or throws. */
export type TokenProvider = (rejected?: string) => Promise<AccessToken>;

/** The access tokens of a stored connection. */
export const createStoredTokens =
  (source: TokenSource): TokenProvider =>
  (rejected) =>
    getAccessToken(source, rejected);

/** Where secrets may be sent, and what a refusal there means. */
interface Reach {
  /** Hosts of the provider; on loopback, the origin of `baseUrl` stands for them. */
  hosts: readonly string[];
  baseUrl: string;
  /** See `OAuthGrant`. */
  isTokenRejected?: OAuthGrant<unknown>['isTokenRejected'];
}

/** Adds headers to requests to the provider's own hosts and to no others. */
export const withHeaders = (
  http: OwnedHttpClient,
  headers: Record<string, string>,
  { hosts, baseUrl }: Reach,
): OwnedHttpClient => ({
  close: () => http.close(),
  request: (request) =>
    http.request(
      isOwnUrl(request.url, hosts, baseUrl)
        ? { ...request, headers: { ...request.headers, ...headers } }
        : request,
    ),
});

/**
 * Adds `Authorization: Bearer` to requests to the provider's own hosts and to no others. After a
 * 401 it sends the request once more with a new token, unless the provider says that the token is
 * not to blame.
 */
export function withAuthorization(
  http: OwnedHttpClient,
  tokens: TokenProvider,
  { hosts, baseUrl, isTokenRejected = () => true }: Reach,
): OwnedHttpClient {
  const current = cacheToken(tokens);
  return {
    close: () => http.close(),
    async request(request) {
      if (!isOwnUrl(request.url, hosts, baseUrl)) return http.request(request);
      const token = await current();
      const first = await attempt(http, request, token);
      const mayRenew = first.status === 401 && (isError(first) || isTokenRejected(first));
      if (!mayRenew) return unwrapAttempt(first);
      const second = await current(token);
      return second === token
        ? unwrapAttempt(first)
        : unwrapAttempt(await attempt(http, request, second));
    },
  };
}

/** Token lifetime to assume when the source does not give one. */
const defaultLifeSeconds = 3_600;

/** Milliseconds per second of a token's life, less the tenth in which it is renewed early. */
const reusableMsPerSecond = 900;

/** Reuses a token until nine tenths of its life are over or it was rejected. */
function cacheToken(tokens: TokenProvider): (rejected?: string) => Promise<string> {
  let last: { token: string; until: number } | undefined;
  return async (rejected) => {
    if (last !== undefined && last.token !== rejected && performance.now() < last.until)
      return last.token;
    const { token, secondsLeft } = await tokens(rejected);
    const reusableMs = (secondsLeft ?? defaultLifeSeconds) * reusableMsPerSecond;
    last = { token, until: performance.now() + reusableMs };
    return token;
  };
}

function isOwnUrl(address: string, hosts: readonly string[], baseUrl: string): boolean {
  if (!URL.canParse(address)) return false;
  const url = new URL(address);
  if (isLoopback(url.hostname))
    return config().ALLOW_LOOPBACK_PROVIDERS && url.origin === new URL(baseUrl).origin;
  return url.protocol === 'https:' && isAllowedHost(url.hostname, hosts);
}

type Attempt = HttpResponse | RemoteError;

async function attempt(http: HttpClient, request: HttpRequest, token: string): Promise<Attempt> {
  try {
    return await http.request({
      ...request,
      headers: { ...request.headers, authorization: `Bearer ${token}` },
    });
  } catch (error) {
    if (error instanceof RemoteError) return error;
    throw error;
  }
}

function unwrapAttempt(outcome: Attempt): HttpResponse {
  if (isError(outcome)) throw outcome;
  return outcome;
}

const isError = (outcome: Attempt): outcome is RemoteError => outcome instanceof RemoteError;
