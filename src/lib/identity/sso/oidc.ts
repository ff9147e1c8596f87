import * as oidc from 'openid-client';
import { config } from '../../platform/config.ts';
import { isLoopback } from '../../platform/http/addresses.ts';
import { publicUrl } from '../auth/public-url.ts';
import { guardedFetch } from './fetch.ts';

/** What is needed to speak to a provider in the name of a workspace. */
interface Client {
  issuer: string;
  clientId: string;
  secret: string;
}

/** Clocks that differ by this much count as equal. */
const clockToleranceSeconds = 60;

/** Where a provider sends people back to; each has its own address, so that no two are mixed up. */
export const redirectUri = (providerId: string): string => publicUrl(`/sso/callback/${providerId}`);

/** As `discover`, for an issuer whose document has been seen: throws IssuerMismatch for another. */
export async function discoverProvider(client: Client): Promise<oidc.Configuration> {
  const found = await discover(client);
  const { issuer } = found.serverMetadata();
  if (issuer !== client.issuer) throw new IssuerMismatch(issuer);
  return found;
}

/** A discovery document names an issuer other than the one that was set up. */
export class IssuerMismatch extends Error {
  override name = 'IssuerMismatch';

  constructor(issuer: string) {
    super(
      `the provider calls itself ${issuer.slice(0, 200)}, which is not the issuer entered here`,
    );
  }
}

/**
 * Fetches the discovery document of an issuer and returns a client for its endpoints. The client
 * checks ID tokens with the provider's published keys although they come over TLS: the library
 * trusts the connection alone unless told otherwise. Throws what the library or `guardedFetch`
 * throws.
 */
export function discover({ issuer, clientId, secret }: Client): Promise<oidc.Configuration> {
  return oidc.discovery(
    new URL(issuer),
    clientId,
    { [oidc.clockTolerance]: clockToleranceSeconds },
    authenticateWith(secret),
    {
      [oidc.customFetch]: guardedFetch,
      execute: [
        oidc.enableNonRepudiationChecks,
        ...(mayBePlain(issuer) ? [oidc.allowInsecureRequests] : []),
      ],
    },
  );
}

/**
 * Sends the secret in the form where the provider takes it there. HTTP Basic is the default of one
 * that says nothing (OpenID Connect Discovery 1.0, section 3), but not every provider undoes the
 * encoding that RFC 6749, section 2.3.1, demands of it.
 */
function authenticateWith(secret: string): oidc.ClientAuth {
  return (server, ...rest) => {
    const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
    const scheme = methods.includes('client_secret_post')
      ? oidc.ClientSecretPost(secret)
      : oidc.ClientSecretBasic(secret);
    return scheme(server, ...rest);
  };
}

/** Plain http only reaches this machine, for the demo and tests, as everywhere else. */
function mayBePlain(issuer: string): boolean {
  const { protocol, hostname } = new URL(issuer);
  const isLocal = isLoopback(hostname.replace(/^\[(.*)\]$/, '$1'));
  return protocol === 'http:' && isLocal && config().ALLOW_LOOPBACK_PROVIDERS;
}
