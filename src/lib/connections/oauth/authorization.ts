import { config } from '../../platform/config.ts';
import type { OwnedHttpClient } from '../../platform/http/client.ts';
import { RemoteError } from '../../platform/http/errors.ts';
import { isAllowedHost } from '../../platform/http/guard.ts';
import type { HttpResponse, HttpClient, HttpRequest } from '../../platform/http/types.ts';
import { isLoopback } from '../../platform/http/addresses.ts';
import { getAccessToken, type TokenSource } from './access-token.ts';
import type { AccessToken } from './store.ts';

/** Hands out tokens; told of one that was rejected, it hands out another or throws. */
export type TokenProvider = (rejected?: string) => Promise<AccessToken>;

/** The tokens of a stored connection. */
export const createStoredTokens =
  (source: TokenSource): TokenProvider =>
  (rejected) =>
    getAccessToken(source, rejected);

/**
 * A client that sends `Authorization: Bearer` to the provider's own hosts (to the very origin of
 * `baseUrl` on this machine) and to nobody else. When a token is refused, the request is made once
 * more with a new one.
 */
export function withAuthorization(
  http: OwnedHttpClient,
  tokens: TokenProvider,
  { hosts, baseUrl }: { hosts: readonly string[]; baseUrl: string },
): OwnedHttpClient {
  const current = cacheToken(tokens);
  return {
    close: () => http.close(),
    async request(request) {
      if (!isOwnUrl(request.url, hosts, baseUrl)) return http.request(request);
      const token = await current();
      const first = await attempt(http, request, token);
      if (!isRefused(first)) return unwrapAttempt(first);
      const second = await current(token);
      return second === token
        ? unwrapAttempt(first)
        : unwrapAttempt(await attempt(http, request, second));
    },
  };
}

/** Asks for a token again only when the last one has run down or was refused. */
function cacheToken(tokens: TokenProvider): (rejected?: string) => Promise<string> {
  let last: { token: string; until: number } | undefined;
  return async (rejected) => {
    if (last !== undefined && last.token !== rejected && performance.now() < last.until)
      return last.token;
    const { token, secondsLeft } = await tokens(rejected);
    // Nine tenths: by then it is renewed ahead of time, which is asked for and not only waited for.
    last = { token, until: performance.now() + (secondsLeft ?? 3_600) * 900 };
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
  if (outcome instanceof RemoteError) throw outcome;
  return outcome;
}

const isRefused = ({ status }: Attempt): boolean => status === 401;
