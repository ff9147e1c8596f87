import type { HttpResponse } from '../../platform/http/types.ts';

/**
 * How OAuth 2.0 access tokens are requested (RFC 6749). For `refresh_token` the provider declares a
 * secret named `refreshToken`, which is replaced whenever a response contains a new one.
 */
export interface OAuthGrant<Settings> {
  kind: 'client_credentials' | 'refresh_token';
  tokenUrl(settings: Settings): string;
  /** Allowed hosts of the token endpoint, in the form of `hosts`. */
  tokenHosts: readonly string[];
  /** Form fields besides `grant_type` and `refresh_token`, which they may override. */
  form(settings: Settings, secrets: Record<string, string>): Record<string, string>;
  /** Headers of the token request, for sources that expect the client's credentials there. */
  headers?(settings: Settings, secrets: Record<string, string>): Record<string, string>;
  /**
   * Days for which a refresh token is valid if the response does not say; it is renewed well before
   * that. Only for refresh_token.
   */
  refreshTokenDays?: number;
  /**
   * Whether a response with status 401 is about the access token, so that another one may help.
   * Absent when each is. Only asked of responses whose request accepts 401. Pure.
   */
  isTokenRejected?(response: HttpResponse): boolean;
  /** Lets a person consent with a code on the provider's own pages instead of pasting a token. */
  device?: DeviceGrant<Settings>;
}

/**
 * Consent by device code (RFC 8628): we request a code, a person enters it at the provider and
 * consents, and meanwhile we poll the token endpoint. The host of `url` is one of `tokenHosts`.
 */
export interface DeviceGrant<Settings> {
  url(settings: Settings): string;
  /** The form fields of the request for a code. */
  form(settings: Settings, secrets: Record<string, string>): Record<string, string>;
  /** Names of the grant and of the device code, where they differ from RFC 8628. */
  grantType?: string;
  codeField?: string;
}

/** A secret that a connection needs. The connect form has a field for each. */
export interface SecretField {
  name: string;
  label: string;
  help: string;
}
