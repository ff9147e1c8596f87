import type { TokenProvider } from './authorization.ts';
import { requestToken, type OAuthProvider } from './token-endpoint.ts';

/** Tokens for credentials that are not stored yet. */
export interface UnsavedCredentials {
  tokens: TokenProvider;
  /** The secrets to store: a refresh token that was used up is replaced by its successor. */
  secrets(): Record<string, string>;
  /** Whether the refresh token that was entered is used up, so that it cannot be entered again. */
  isRefreshTokenUsed(): boolean;
}

/** Fetches at most one token, on first use, with the secrets that a person has just entered. */
export function createUnsavedCredentials(
  provider: OAuthProvider,
  settings: unknown,
  entered: Record<string, string>,
): UnsavedCredentials {
  let secrets = entered;
  const fetchToken = async () => {
    const { accessToken, lifeSeconds, refreshToken } = await requestToken(
      provider,
      settings,
      secrets,
    );
    if (refreshToken !== undefined) secrets = { ...secrets, refreshToken };
    return { token: accessToken, secondsLeft: lifeSeconds ?? null, fresh: true };
  };
  let pendingToken: ReturnType<typeof fetchToken> | undefined;
  // If the provider rejects a new token, another one would be rejected too.
  return {
    tokens: () => (pendingToken ??= fetchToken()),
    secrets: () => secrets,
    isRefreshTokenUsed: () => secrets['refreshToken'] !== entered['refreshToken'],
  };
}
