import { z } from 'zod';
import { config } from '../../platform/config.ts';
import { createHttpClient, type OwnedHttpClient } from '../../platform/http/client.ts';
import { RemoteError } from '../../platform/http/errors.ts';
import { parseJson } from '../../platform/http/json.ts';
import { parseRetryAfter } from '../../platform/http/retry-after.ts';
import type { HttpResponse } from '../../platform/http/types.ts';
import { registerSecret } from '../../platform/secrets.ts';
import type { OAuthGrant } from '../../connectors/contract/auth.ts';
import type { ProviderDefinition } from '../../connectors/contract/provider.ts';
import { isLoopback } from '../../platform/http/addresses.ts';

/**
 * Shorter than the lease under which a token is fetched: when another process takes over the lease,
 * no request of the previous owner is in flight.
 */
const tokenDeadlineMs = 20_000;

/** The tokens of a response. Lifetimes are in seconds. */
export interface TokenResponse {
  accessToken: string;
  /** Absent when the source gives none: the token is then used until it is rejected. */
  lifeSeconds?: number;
  /** Present when the refresh token was rotated, which uses up the old one. */
  refreshToken?: string;
  refreshLifeSeconds?: number;
}

/** A provider that uses OAuth. */
export interface OAuthProvider {
  label: string;
  grant: OAuthGrant<unknown>;
  /** Names of the secrets that a person enters. */
  secretNames: readonly string[];
}

/** The OAuth part of a provider; undefined when it uses API keys. */
export function getOAuthProvider({ label, auth }: ProviderDefinition): OAuthProvider | undefined {
  return auth.kind === 'oauth2'
    ? { label, grant: auth.grant, secretNames: auth.secrets.map(({ name }) => name) }
    : undefined;
}

/**
 * Sends one token request, without retries: if the response was lost, the refresh token may be used
 * up, and must not be sent again before the caller has checked whether another process has stored a
 * newer one. Throws RemoteError; `auth` means that the grant itself was refused.
 */
export async function requestToken(
  { label, grant }: OAuthProvider,
  settings: unknown,
  secrets: Record<string, string>,
): Promise<TokenResponse> {
  const url = grant.tokenUrl(settings);
  const http = createTokenClient(url, grant.tokenHosts);
  try {
    const refresh: Record<string, string> =
      grant.kind === 'refresh_token' ? { refresh_token: secrets['refreshToken'] ?? '' } : {};
    const form = { grant_type: grant.kind, ...refresh, ...grant.form(settings, secrets) };
    const headers = grant.headers?.(settings, secrets) ?? {};
    const sentAt = performance.now();
    const response = await http.request({ method: 'POST', url, form, headers, accept: [400, 401] });
    if (response.status >= 400) throw toRemoteError(response, label);
    return parseTokenResponse(response, grant, label, (performance.now() - sentAt) / 1000);
  } finally {
    await http.close();
  }
}

/** A client for one request to a token endpoint. */
export function createTokenClient(url: string, tokenHosts: readonly string[]): OwnedHttpClient {
  const allowLoopback = config().ALLOW_LOOPBACK_PROVIDERS;
  const hostname = URL.canParse(url) ? new URL(url).hostname : '';
  const allowedHosts =
    allowLoopback && isLoopback(hostname) ? [...tokenHosts, hostname] : tokenHosts;
  return createHttpClient({
    allowedHosts,
    allowLoopback,
    deadlineMs: tokenDeadlineMs,
    retry: { retries: 0 },
  });
}

/** Longest lifetime that is believed: ten years, in seconds. */
const maxLifeSeconds = 10 * 365 * 86_400;
/** Some sources, such as Microsoft's v1 token endpoint, send numbers as text. */
const seconds = z.coerce.number().positive().max(maxLifeSeconds);
const tokenSchema = z.object({
  access_token: z.string().min(1),
  token_type: z
    .string()
    .regex(/^bearer$/i)
    .optional(),
  expires_in: seconds.optional(),
  refresh_token: z.string().min(1).optional(),
  refresh_token_expires_in: seconds.optional(),
});

function parseTokenResponse(
  { body: text, status }: HttpResponse,
  grant: OAuthGrant<unknown>,
  label: string,
  elapsed: number,
): TokenResponse {
  const parsed = tokenSchema.safeParse(tryParseJson(text));
  if (!parsed.success)
    throw new RemoteError(
      'malformed',
      `The token endpoint of ${label} sent a response that is not a token.`,
      { status },
    );
  const {
    access_token: accessToken,
    expires_in: lifetime,
    refresh_token: refreshToken,
    refresh_token_expires_in: refreshLifetime,
  } = parsed.data;
  registerSecret(accessToken);
  if (grant.kind === 'client_credentials' || refreshToken === undefined)
    return { accessToken, ...toLifetime(lifetime, elapsed) };
  registerSecret(refreshToken);
  const refreshSeconds =
    refreshLifetime ??
    (grant.refreshTokenDays === undefined ? undefined : grant.refreshTokenDays * 86_400);
  return {
    accessToken,
    ...toLifetime(lifetime, elapsed),
    refreshToken,
    ...(refreshSeconds !== undefined && { refreshLifeSeconds: refreshSeconds }),
  };
}

/** Subtracts the duration of the request, because the lifetime began at the source. */
function toLifetime(
  lifetime: number | undefined,
  elapsed: number,
): Pick<TokenResponse, 'lifeSeconds'> {
  return lifetime === undefined ? {} : { lifeSeconds: Math.max(lifetime - elapsed, 1) };
}

const transientCodes = new Set(['temporarily_unavailable', 'server_error', 'slow_down']);
const errorSchema = z.object({ error: z.string().regex(/^[\w.-]{1,60}$/) });

/**
 * Maps a refusal to an error: a status of 400 (401 for a bad client) with a code, RFC 6749, 5.2.
 * The rest of the body is not shown, because it may quote what was sent.
 */
function toRemoteError(response: HttpResponse, label: string): RemoteError {
  const { status } = response;
  const code = readErrorCode(response);
  if ((code === undefined && status === 400) || transientCodes.has(code ?? '')) {
    const until = parseRetryAfter(response.headers['retry-after'], response.receivedAt);
    return new RemoteError(
      'transient',
      `The token endpoint of ${label} is temporarily unavailable. ` +
        'We will try again automatically.',
      { status, ...(until && { until }) },
    );
  }
  return new RemoteError(
    'auth',
    `${label} no longer renews our access (${code ?? `HTTP ${status}`}). Connect it again.`,
    { status },
  );
}

/** The error code of a refusal (RFC 6749, 5.2); undefined when the response has none. */
export function readErrorCode({ body: text }: HttpResponse): string | undefined {
  return errorSchema.safeParse(tryParseJson(text)).data?.error;
}

/** Undefined when the text is not JSON. */
export function tryParseJson(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}
