/**
 * How an OAuth 2.0 access token is fetched (RFC 6749). With `refresh_token` the provider declares a
 * secret called `refreshToken`; when the source rotates it, the new one takes its place.
 */
export interface OAuthGrant<Settings> {
  kind: 'client_credentials' | 'refresh_token';
  tokenUrl(settings: Settings): string;
  /** Hosts of the token endpoint, as in `hosts`. */
  tokenHosts: readonly string[];
  /**
   * The form fields besides `grant_type` and `refresh_token`; one of these names takes the place of
   * ours.
   */
  form(settings: Settings, secrets: Record<string, string>): Record<string, string>;
  /** Headers of the token request, where the source wants its client's credentials there. */
  headers?(settings: Settings, secrets: Record<string, string>): Record<string, string>;
  /**
   * How long the refresh token lives, in days, when it does not say; it is renewed well before.
   * Only for refresh_token.
   */
  refreshTokenDays?: number;
  /**
   * How a person may consent with a code in the provider's own pages, instead of entering a refresh
   * token.
   */
  device?: DeviceGrant<Settings>;
}

/**
 * Consent by a code (RFC 8628): we ask for a code, a person enters it at the provider and agrees,
 * and meanwhile we ask the token endpoint whether that has happened. The host of the endpoint is
 * one of `tokenHosts`.
 */
export interface DeviceGrant<Settings> {
  url(settings: Settings): string;
  /** The form fields of the request for a code. */
  form(settings: Settings, secrets: Record<string, string>): Record<string, string>;
  /**
   * What the token endpoint calls this grant and the device code; the standard's words unless the
   * provider has its own.
   */
  grantType?: string;
  codeField?: string;
}

/** A secret that a connection needs; the connect form is drawn from this. */
export interface SecretField {
  name: string;
  label: string;
  help: string;
}
