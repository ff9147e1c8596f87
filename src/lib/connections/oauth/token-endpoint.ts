import {
  allowInsecureRequests,
  customFetch,
  genericTokenEndpointRequest,
  type AuthorizationServer,
  type Client,
  type ClientAuth,
} from 'oauth4webapi';
import type { OAuthGrant } from '../../connectors/contract/auth.ts';
import type { ProviderDefinition } from '../../connectors/contract/provider.ts';
import { config } from '../../platform/config.ts';
import { isLoopback } from '../../platform/http/addresses.ts';
import { createHttpClient, type OwnedHttpClient } from '../../platform/http/client.ts';
import { fetchThrough } from '../../platform/http/fetch.ts';
import { registerSecret } from '../../platform/secrets.ts';
import { getAppSecrets } from './app.ts';
import { authenticateClient, signAssertion } from './client-authentication.ts';
import {
  parseTokenResponse,
  toTokenError,
  type TokenAnswer,
  type TokenResponse,
} from './token-answer.ts';

/**
 * Shorter than the lease under which a token is fetched: when another process takes over the lease,
 * no request of the previous owner is in flight.
 */
const tokenDeadlineMs = 20_000;

/** The name of the grant that a JWT is exchanged with (RFC 7523, section 2.1). */
const jwtBearer = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

/** A provider that uses OAuth. */
export interface OAuthProvider {
  label: string;
  grant: OAuthGrant<unknown>;
  /** Names of the secrets that a person enters. */
  secretNames: readonly string[];
  /** The secrets of the app that the deployment has at the provider. */
  appSecrets: Readonly<Record<string, string>>;
  /** Allowed hosts of the base URL. */
  hosts: readonly string[];
  /** Parses stored settings of another connection of the provider. */
  parseSettings(stored: unknown): unknown;
}

/** The OAuth part of a provider; undefined when it uses API keys. */
export function getOAuthProvider(provider: ProviderDefinition): OAuthProvider | undefined {
  const { label, auth, hosts } = provider;
  if (auth.kind !== 'oauth2') return undefined;
  const secretNames = auth.secrets.map(({ name }) => name);
  return {
    label,
    hosts,
    secretNames,
    grant: auth.grant,
    appSecrets: getAppSecrets(provider),
    parseSettings: (stored) => provider.settings.parse(stored),
  };
}

/**
 * Sends one token request, without retries: if the response was lost, the refresh token may be used
 * up, and must not be sent again before the caller has checked whether another process has stored a
 * newer one. Throws RemoteError; `auth` means that the grant itself was refused.
 */
export async function requestToken(
  provider: OAuthProvider,
  settings: unknown,
  secrets: Record<string, string>,
): Promise<TokenResponse> {
  const { grant, label } = provider;
  const access = { settings, secrets };
  const { refreshToken = '' } = secrets;
  const form: Record<string, string> =
    grant.kind === 'refresh_token' ? { refresh_token: refreshToken } : {};
  return exchangeGrant(
    provider,
    access,
    {
      grantType: grant.kind === 'jwt_bearer' ? jwtBearer : grant.kind,
      form: grant.kind === 'jwt_bearer' ? await buildAssertion(grant, access) : form,
    },
    (code) => `${label} no longer renews our access (${code}). Connect it again.`,
  );
}

/** What is needed to speak to the token endpoint for one connection. */
export interface TokenAccess {
  settings: unknown;
  secrets: Record<string, string>;
}

/**
 * Exchanges a grant for tokens with one request. `refused` is the sentence for a refusal, given its
 * code. Throws RemoteError.
 */
export async function exchangeGrant(
  provider: OAuthProvider,
  access: TokenAccess,
  { grantType, form }: { grantType: string; form: Record<string, string> },
  refused: (code: string) => string,
): Promise<TokenResponse> {
  const { grant, label } = provider;
  const fields = { ...form, ...grant.form?.(access.settings, access.secrets) };
  const sentAt = performance.now();
  const answer = await send(grant, access, fields['grant_type'] ?? grantType, fields);
  if (answer.status >= 400) throw toTokenError(answer, provider, refused);
  return parseTokenResponse(answer, grant, label, (performance.now() - sentAt) / 1000);
}

/** Sends one form to the token endpoint and reads the answer, also a refusal. */
async function send(
  grant: OAuthGrant<unknown>,
  access: TokenAccess,
  grantType: string,
  form: Record<string, string>,
): Promise<TokenAnswer> {
  const { as, client } = toParties(grant, access);
  const http = createTokenClient(as.token_endpoint ?? '', grant.tokenHosts);
  try {
    const response = await genericTokenEndpointRequest(
      as,
      client,
      await chooseAuthentication(grant, access),
      grantType,
      form,
      {
        [customFetch]: (url, init) => fetchThrough(http, url, init, [400, 401]),
        // The client itself refuses plain http, except to this machine where that is allowed.
        [allowInsecureRequests]: true,
      },
    );
    return await toAnswer(response);
  } finally {
    await http.close();
  }
}

async function toAnswer(response: Response): Promise<TokenAnswer> {
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    body: await response.text(),
    receivedAt: new Date(),
  };
}

/**
 * The two sides as the library knows them. A provider without a known issuer goes by its token
 * endpoint, which is also the audience of a JWT (RFC 7523, section 3).
 */
function toParties(
  grant: OAuthGrant<unknown>,
  { settings, secrets }: TokenAccess,
): { as: AuthorizationServer; client: Client } {
  const tokenEndpoint = grant.tokenUrl(settings);
  const { clientId } = settings as { clientId?: unknown };
  return {
    as: {
      issuer: grant.authorize?.issuer?.(settings) ?? tokenEndpoint,
      token_endpoint: tokenEndpoint,
    },
    client: { client_id: getClientId(secrets, clientId) },
  };
}

/** The id of the app: one of the secrets, because it comes with them, or else a setting. */
export function getClientId(secrets: Record<string, string>, setting: unknown): string {
  return secrets['clientId'] || (typeof setting === 'string' && setting) || 'unknown';
}

/** Where the provider says nothing of the library's ways, its own headers are sent. */
function chooseAuthentication(
  { client, headers }: OAuthGrant<unknown>,
  { settings, secrets }: TokenAccess,
): Promise<ClientAuth> | ClientAuth {
  if (client !== undefined) return authenticateClient(client, secrets);
  return (_as, _client, _body, own) => {
    const given = headers?.(settings, secrets) ?? {};
    for (const [name, value] of Object.entries(given)) own.set(name, value);
  };
}

async function buildAssertion(
  grant: OAuthGrant<unknown>,
  access: TokenAccess,
): Promise<Record<string, string>> {
  const assertion = grant.assertion?.(access.settings, access.secrets);
  if (assertion === undefined) throw new Error('A grant of the kind jwt_bearer has no assertion');
  const { as, client } = toParties(grant, access);
  const signed = await signAssertion(as, client, assertion);
  registerSecret(signed);
  return { assertion: signed };
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
