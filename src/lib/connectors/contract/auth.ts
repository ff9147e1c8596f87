import type { HttpResponse } from '../../platform/http/types.ts';

/** A secret that a connection needs. The connect form has a field for each. */
export interface SecretField {
  name: string;
  label: string;
  help: string;
  /**
   * Belongs to the app that is registered at the provider, not to one account. The form asks for it
   * only where the deployment has no app for this provider (OAUTH_CLIENTS) that people sign in to.
   */
  ofApp?: boolean;
}

/**
 * One way to authenticate. With `keys` the secrets go into headers as they are; with `oauth2` the
 * tokens are requested, renewed and sent on the provider's behalf.
 */
export type Auth<Settings> = KeyAuth<Settings> | OAuthAuth<Settings>;

interface KeyAuth<Settings> {
  kind: 'keys';
  secrets: readonly SecretField[];
  /**
   * The headers that carry the secrets: an API key, `Bearer` with a token or `Basic` with a name and
   * a password. They are added to requests to the provider's own hosts only. Absent when the
   * provider's streams put the secrets where the system expects them.
   */
  headers?(secrets: Record<string, string>, settings: Settings): Record<string, string>;
}

interface OAuthAuth<Settings> {
  kind: 'oauth2';
  /** Of all secrets only those that a person enters; tokens from a sign-in are not among them. */
  secrets: readonly SecretField[];
  grant: OAuthGrant<Settings>;
}

/** A way to authenticate besides the first one. A connection remembers which one it uses. */
export type OtherAuth<Settings> = Auth<Settings> & {
  /** Names it in stored connections. */
  key: string;
  /** Names it in the connect form, after the provider's label: `with an API key`. */
  label: string;
};

/**
 * How OAuth 2.0 access tokens are requested (RFC 6749; RFC 7523 for `jwt_bearer`). For
 * `refresh_token` the connection has a secret named `refreshToken`, which is replaced whenever a
 * response contains a new one. A person pastes it, where the provider declares a secret of that
 * name, or gets it by signing in (`authorize`, `device`).
 */
export interface OAuthGrant<Settings> {
  kind: 'client_credentials' | 'refresh_token' | 'jwt_bearer';
  tokenUrl(settings: Settings): string;
  /** Allowed hosts of the token endpoint, in the form of `hosts`. */
  tokenHosts: readonly string[];
  /** How the app proves who it is. Absent when `form` or `headers` do that. */
  client?: ClientAuthentication;
  /** Form fields besides those of the grant and of `client`, which they may override. */
  form?(settings: Settings, secrets: Record<string, string>): Record<string, string>;
  /** Headers of the token request, for sources that expect the client's credentials there. */
  headers?(settings: Settings, secrets: Record<string, string>): Record<string, string>;
  /** What a `jwt_bearer` grant sends (RFC 7523, section 3), and no other. */
  assertion?(settings: Settings, secrets: Record<string, string>): Assertion;
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
  /** Lets a person sign in at the provider instead of pasting a token. */
  authorize?: CodeGrant<Settings>;
  /** Lets a person consent with a code on the provider's own pages instead of pasting a token. */
  device?: DeviceGrant<Settings>;
  /** What the answer with a token says about the account. Pure. */
  readAccount?(answer: Readonly<Record<string, unknown>>): TokenAccount;
  /**
   * The error code of RFC 6749, section 5.2 that a refusal of the token endpoint stands for, where
   * its body says it in other words. Undefined when it is none of them. Pure.
   */
  readRefusal?(body: unknown): string | undefined;
}

/**
 * How the app identifies itself at the token endpoint, with its secrets `clientId` (or the setting
 * of that name) and `clientSecret`: as form fields, in a Basic header, or not at all; with
 * `private_key_jwt`, by a JWT that its secret `privateKey` (PEM) signs, with `keyId` if there is one
 * (RFC 7523, section 2.2).
 */
export type ClientAuthentication =
  'client_secret_post' | 'client_secret_basic' | 'private_key_jwt' | 'none';

/** A JWT to be signed with RS256, ES256 or Ed25519, as the key demands. */
export interface Assertion {
  /** PEM: PKCS #8, or PKCS #1 of an RSA key. */
  privateKey: string;
  keyId?: string;
  /** `iss`, `sub`, `aud`, `scope` and the like; `iat` and `exp` are added. */
  claims: Record<string, string | number>;
}

/**
 * Sign-in by redirect (RFC 6749, section 4.1, with PKCE, RFC 7636): a person consents on the
 * provider's pages and comes back with a code, which is exchanged for a refresh token.
 */
export interface CodeGrant<Settings> {
  /** The authorization endpoint. */
  url(settings: Settings): string;
  /** Allowed hosts of the authorization endpoint, in the form of `hosts`. */
  hosts: readonly string[];
  /**
   * Scopes without which no stream works: an answer that names the granted ones and lacks one of
   * these is refused. Scopes that answers do not repeat, such as `offline_access`, are not among
   * them.
   */
  scopes(settings: Settings): readonly string[];
  /** Scopes that are asked for as well; what is not granted is shown. */
  optionalScopes?(settings: Settings): readonly string[];
  /** The parameter for the optional scopes. Absent when they are sent with the others. */
  optionalScopeParameter?: string;
  /** Further parameters of the authorization request. */
  parameters?(settings: Settings): Record<string, string>;
  /** The issuer's identifier; an answer that names another one is refused (RFC 9207). */
  issuer?(settings: Settings): string;
  /** Every answer names the issuer, so that one without it is refused as well. */
  namesIssuer?: boolean;
}

/** What a token says about the account that it opens. */
export interface TokenAccount {
  /** Root of the account's API, which becomes the base URL; only hosts of the provider are taken. */
  baseUrl?: string;
  /** Its id at the provider: a connection never changes over to another account. */
  id?: string;
  /** Its name for people; absent when the id has to do. */
  name?: string;
  /** The granted scopes, where the answer has no `scope` of RFC 6749, section 5.1. */
  scopes?: readonly string[];
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
