import * as oidc from 'openid-client';
import type { Access } from '../auth/access.ts';
import { describeFailure, refusalOf } from './failure.ts';
import { guardedFetch } from './fetch.ts';
import { discoverProvider, redirectUri } from './oidc.ts';
import { listVerifiedDomains, type SsoProvider } from './providers.ts';
import { openClientSecret } from './secret.ts';
import { requireProvider } from './settings.ts';

/** The result of one step. `ok` is null when it was skipped, or when nothing can be said. */
export interface SsoStep {
  step: string;
  ok: boolean | null;
  message: string;
}

type Outcome = Pick<SsoStep, 'ok' | 'message'>;

/**
 * Tests, step by step, what signing in needs of the provider, and stores nothing. Only the person's
 * own sign-in at the provider is left out. Throws Problem `not_found` without a provider.
 */
export async function checkProvider({ tenant }: Access): Promise<SsoStep[]> {
  const provider = await requireProvider(tenant.id);
  const [found, first] = await tryDiscovery(provider);
  const rest = found === undefined ? skipped : await checkEndpoints(found, provider);
  return [
    { step: 'Discovery document', ...first },
    ...rest,
    { step: 'Domains', ...(await checkDomains(tenant.id)) },
  ];
}

const endpointSteps = ['Abilities', 'Signing keys', 'Client ID and secret'] as const;
const skipped: SsoStep[] = endpointSteps.map((step) => ({
  step,
  ok: null,
  message: 'Skipped, because it needs the discovery document.',
}));

async function tryDiscovery(
  provider: SsoProvider,
): Promise<[oidc.Configuration | undefined, Outcome]> {
  try {
    const { issuer, clientId } = provider;
    const found = await discoverProvider({ issuer, clientId, secret: openClientSecret(provider) });
    return [found, { ok: true, message: `It is there, and its issuer is ${issuer}.` }];
  } catch (error) {
    return [undefined, toFailure(error)];
  }
}

function toFailure(error: unknown): Outcome {
  const reason = describeFailure(error);
  if (reason === undefined) throw error;
  return { ok: false, message: `This failed: ${reason}.` };
}

async function checkEndpoints(
  found: oidc.Configuration,
  provider: SsoProvider,
): Promise<SsoStep[]> {
  const metadata = found.serverMetadata();
  const [abilities, keys, client] = endpointSteps;
  return [
    { step: abilities, ...checkAbilities(metadata) },
    { step: keys, ...(await checkKeys(metadata)) },
    { step: client, ...(await checkClient(found, provider)) },
  ];
}

function checkAbilities(metadata: oidc.ServerMetadata): Outcome {
  const { authorization_endpoint: at, token_endpoint: tokens, jwks_uri: keys } = metadata;
  if (at === undefined || tokens === undefined || keys === undefined)
    return {
      ok: false,
      message: 'The document lacks the authorization endpoint, token endpoint or signing keys.',
    };
  if (metadata.response_types_supported?.includes('code') === false)
    return { ok: false, message: 'The provider does not offer the authorization code flow.' };
  // Entra ID accepts PKCE without saying so.
  const states = metadata.code_challenge_methods_supported;
  return states === undefined || states.includes('S256')
    ? { ok: true, message: 'Authorization code flow with PKCE.' }
    : { ok: false, message: 'The provider does not offer PKCE with S256.' };
}

async function checkKeys({ jwks_uri: url = '' }: oidc.ServerMetadata): Promise<Outcome> {
  try {
    const response = await guardedFetch(url, {
      method: 'GET',
      headers: { accept: 'application/json' },
      body: undefined,
      redirect: 'manual',
    });
    const count = countKeys(await response.text());
    return count > 0
      ? { ok: true, message: `${count} published.` }
      : { ok: false, message: `The address of the keys holds none (HTTP ${response.status}).` };
  } catch (error) {
    return toFailure(error);
  }
}

function countKeys(text: string): number {
  try {
    const { keys }: { keys?: unknown } = JSON.parse(text) ?? {};
    return Array.isArray(keys) ? keys.length : 0;
  } catch {
    return 0;
  }
}

/**
 * Redeems a code that nobody gave out: a provider that knows the client answers `invalid_grant`
 * (RFC 6749, section 5.2), and one that does not `invalid_client`.
 */
async function checkClient(found: oidc.Configuration, { id }: SsoProvider): Promise<Outcome> {
  try {
    await oidc.genericGrantRequest(found, 'authorization_code', {
      code: 'a-code-that-nobody-gave-out',
      redirect_uri: redirectUri(id),
      code_verifier: oidc.randomPKCECodeVerifier(),
    });
    return { ok: null, message: 'The provider accepted a code that nobody gave out.' };
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal === 'invalid_grant')
      return { ok: true, message: 'The provider accepts the client ID and the secret.' };
    if (refusal === undefined || refusal === 'invalid_client' || refusal === 'unauthorized_client')
      return toFailure(error);
    return {
      ok: null,
      message: `The provider does not say, it answered "${describeFailure(error) ?? refusal}".`,
    };
  }
}

async function checkDomains(tenantId: string): Promise<Outcome> {
  const domains = await listVerifiedDomains(tenantId);
  return domains.length > 0
    ? { ok: true, message: `Verified: ${domains.toSorted().join(', ')}.` }
    : { ok: false, message: 'None is verified, so nobody can sign in.' };
}
