import { z } from 'zod';
import type { OAuthGrant, TokenAccount } from '../../connectors/contract/auth.ts';
import { RemoteError } from '../../platform/http/errors.ts';
import { parseJson } from '../../platform/http/json.ts';
import { parseRetryAfter } from '../../platform/http/retry-after.ts';
import type { HttpResponse } from '../../platform/http/types.ts';
import { registerSecret } from '../../platform/secrets.ts';

/** The tokens of a response. Lifetimes are in seconds. */
export interface TokenResponse {
  accessToken: string;
  /** Absent when the source gives none: the token is then used until it is rejected. */
  lifeSeconds?: number;
  /** Present when the refresh token was rotated, which uses up the old one. */
  refreshToken?: string;
  refreshLifeSeconds?: number;
  /** What the response says about the account, as the provider reads it. */
  account: TokenAccount;
  /** The granted scopes; null when the response does not list them. */
  scopes: readonly string[] | null;
}

/** The part of a response of a token endpoint that is read. */
export type TokenAnswer = Pick<HttpResponse, 'status' | 'body' | 'headers' | 'receivedAt'>;

/** Longest lifetime that is believed: ten years, in seconds. */
const maxLifeSeconds = 10 * 365 * 86_400;
/** Some sources, such as Microsoft's v1 token endpoint, send numbers as text. */
const seconds = z.coerce.number().positive().max(maxLifeSeconds);
const tokenSchema = z.looseObject({
  access_token: z.string().min(1),
  token_type: z
    .string()
    .regex(/^bearer$/i)
    .nullish(),
  expires_in: seconds.nullish(),
  refresh_token: z.string().min(1).nullish(),
  refresh_token_expires_in: seconds.nullish(),
});

/**
 * Reads a token as leniently as vendors write it: without `token_type`, with numbers as text,
 * without a lifetime, whatever an `id_token` holds. `elapsed`: the seconds that the request took.
 * Throws RemoteError `malformed` when there is no bearer token.
 */
export function parseTokenResponse(
  { body, status }: TokenAnswer,
  grant: OAuthGrant<unknown>,
  label: string,
  elapsed: number,
): TokenResponse {
  const parsed = tokenSchema.safeParse(tryParseJson(body));
  if (!parsed.success)
    throw new RemoteError(
      'malformed',
      `The token endpoint of ${label} sent a response that is not a token.`,
      { status },
    );
  const { access_token: accessToken, expires_in: lifetime } = parsed.data;
  registerSecret(accessToken);
  const account = grant.readAccount?.(parsed.data) ?? {};
  return {
    accessToken,
    account,
    scopes: account.scopes ?? parseScopes(parsed.data['scope']),
    // The duration of the request is subtracted, because the lifetime began at the source.
    ...(typeof lifetime === 'number' && { lifeSeconds: Math.max(lifetime - elapsed, 1) }),
    ...(grant.kind === 'refresh_token' && readRefreshToken(parsed.data, grant)),
  };
}

function readRefreshToken(
  { refresh_token: refreshToken, refresh_token_expires_in: lifetime }: z.output<typeof tokenSchema>,
  { refreshTokenDays }: OAuthGrant<unknown>,
): Pick<TokenResponse, 'refreshToken' | 'refreshLifeSeconds'> {
  if (typeof refreshToken !== 'string') return {};
  registerSecret(refreshToken);
  const refreshLifeSeconds =
    lifetime ?? (refreshTokenDays === undefined ? undefined : refreshTokenDays * 86_400);
  return { refreshToken, ...(refreshLifeSeconds !== undefined && { refreshLifeSeconds }) };
}

function parseScopes(scope: unknown): string[] | null {
  return typeof scope === 'string' && scope.trim() !== '' ? scope.trim().split(/\s+/) : null;
}

const transientCodes = new Set(['temporarily_unavailable', 'server_error', 'slow_down']);
const errorSchema = z.object({ error: z.string().regex(/^[\w.-]{1,60}$/) });

/**
 * Maps a refusal to an error: a status of 400 (401 for a bad client) with a code, RFC 6749, 5.2.
 * The rest of the body is not shown, because it may quote what was sent. `refused` is the sentence
 * for a grant that was refused, after the code.
 */
export function toTokenError(
  answer: TokenAnswer,
  { label, grant }: { label: string; grant: OAuthGrant<unknown> },
  refused: (code: string) => string,
): RemoteError {
  const { status } = answer;
  const code = readErrorCode(answer) ?? grant.readRefusal?.(tryParseJson(answer.body));
  if ((code === undefined && status === 400) || transientCodes.has(code ?? '')) {
    const until = parseRetryAfter(answer.headers['retry-after'], answer.receivedAt);
    return new RemoteError(
      'transient',
      `The token endpoint of ${label} is temporarily unavailable. ` +
        'We will try again automatically.',
      { status, ...(until && { until }) },
    );
  }
  return new RemoteError('auth', refused(code ?? `HTTP ${status}`), { status });
}

/** The error code of a refusal (RFC 6749, 5.2); undefined when the response has none. */
export function readErrorCode({ body: text }: Pick<TokenAnswer, 'body'>): string | undefined {
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
