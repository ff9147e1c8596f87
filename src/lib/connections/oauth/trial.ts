import type { Tokens } from './authorization.ts';
import { requestToken, type OAuthProvider } from './token-endpoint.ts';

/** Tokens for credentials that are not stored yet. */
export interface Trial {
  tokens: Tokens;
  /**
   * The secrets as they have to be stored: a refresh token that was used up is replaced by its
   * successor.
   */
  secrets(): Record<string, string>;
  /** Whether what was entered is used up, so that it cannot be entered once more. */
  usedUp(): boolean;
}

/** Fetches one token with the secrets that a person has just entered. */
export function trialOf(
  provider: OAuthProvider,
  settings: unknown,
  entered: Record<string, string>,
): Trial {
  let secrets = entered;
  const fetched = async () => {
    const { accessToken, lifeSeconds, refreshToken } = await requestToken(
      provider,
      settings,
      secrets,
    );
    if (refreshToken !== undefined) secrets = { ...secrets, refreshToken };
    return { token: accessToken, secondsLeft: lifeSeconds ?? null, fresh: true };
  };
  let asked: ReturnType<typeof fetched> | undefined;
  // A fresh token that is refused stays refused: no second one is fetched.
  return {
    tokens: () => (asked ??= fetched()),
    secrets: () => secrets,
    usedUp: () => secrets['refreshToken'] !== entered['refreshToken'],
  };
}
