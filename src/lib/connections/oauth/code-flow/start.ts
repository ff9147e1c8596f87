import { calculatePKCECodeChallenge, generateRandomCodeVerifier } from 'oauth4webapi';
import { Problem } from '../../../platform/errors.ts';
import { isId } from '../../../platform/id.ts';
import { registerSecret } from '../../../platform/secrets.ts';
import type { CodeGrant } from '../../../connectors/contract/auth.ts';
import type { ProviderDefinition } from '../../../connectors/contract/provider.ts';
import { publicUrl } from '../../../identity/auth/public-url.ts';
import { readTenant } from '../../../identity/tenancy/with-tenant.ts';
import { deviceAuthorizations } from '../../../schema/connections.ts';
import { checkSettings, isOwnAddress } from '../../validate.ts';
import { getAppSecrets, listEnteredSecrets } from '../app.ts';
import { openSignInSecrets } from '../sealed.ts';
import {
  assertFewPending,
  forExistingConnection,
  forNewConnection,
  providerOf,
  storeSignIn,
  type ChosenSignIn,
  type SignIn,
  type SignInRequest,
} from '../sign-in.ts';
import { getClientId } from '../token-endpoint.ts';
import { createState, storeAttempt, whereOpen } from './attempt.ts';

/** How long a sign-in may be taken up again, in seconds. */
const lifetimeSeconds = 3_600;

/** Sign-ins of one workspace that may wait at once; people lose their way more than once. */
const maxPending = 20;

/** Where a provider sends people back to; each has its own address, so that no two are mixed up. */
export const redirectUri = (providerKey: string): string =>
  publicUrl(`/api/integrations/oauth/callback/${providerKey}`);

/**
 * Stores an account that a person wants to connect by signing in at the provider, and returns the
 * id of the sign-in. Throws Problem `bad_request` and `conflict`.
 */
export async function startRedirect(request: SignInRequest): Promise<string> {
  return store(forNewConnection(request));
}

/** As `startRedirect`, for an existing connection. Throws Problem `not_found` as well. */
export async function restartRedirect(
  ...existing: Parameters<typeof forExistingConnection>
): Promise<string> {
  return store(await forExistingConnection(...existing));
}

async function store({ provider, request }: ChosenSignIn): Promise<string> {
  requireCodeGrant(provider);
  checkSettings(provider, request.settings);
  const secrets = selectSecrets(provider, request.secrets);
  await assertFewPending(request.tenantId, maxPending);
  return storeSignIn(request, { secrets }, { lifetimeSeconds, lookAfterSeconds: lifetimeSeconds });
}

/** What a person has to enter. Throws Problem `bad_request` if something is blank. */
function selectSecrets(
  provider: ProviderDefinition,
  secrets: Record<string, string>,
): Record<string, string> {
  const fields = listEnteredSecrets(provider).filter(({ name }) => name !== 'refreshToken');
  const missing = fields.filter(({ name }) => (secrets[name] ?? '').trim() === '');
  if (missing.length > 0)
    throw new Problem(
      'bad_request',
      `Enter ${missing.map(({ label }) => label).join(' and ')} of your app at ` +
        `${provider.label} before you sign in there.`,
    );
  return Object.fromEntries(fields.map(({ name }) => [name, secrets[name] ?? '']));
}

/** Throws Problem `bad_request` for a provider without sign-in by redirect. */
export function requireCodeGrant({ auth, label }: ProviderDefinition): CodeGrant<unknown> {
  const authorize = auth.kind === 'oauth2' ? auth.grant.authorize : undefined;
  if (authorize !== undefined) return authorize;
  throw new Problem('bad_request', `${label} does not support signing in on its own pages.`);
}

/** Who wants to go to the provider. */
interface Visit {
  tenantId: string;
  sessionId: string;
  providerKey: string;
  signInId: string;
}

/**
 * Begins an attempt for the person of a session and returns the address at the provider to send
 * them to. Throws Problem `not_found` for a sign-in that has ended, is of another workspace or of
 * another provider.
 */
export async function beginAttempt(visit: Visit): Promise<string> {
  const { tenantId, sessionId, providerKey, signInId: id } = visit;
  const signIn = isId(id) ? await readOpen({ tenantId, id }) : undefined;
  const sealed = signIn?.provider === providerKey ? signIn.sealed : null;
  if (signIn === undefined || sealed === null) throw endedProblem();
  const { secrets } = openSignInSecrets(signIn, sealed);
  const codeVerifier = generateRandomCodeVerifier();
  registerSecret(codeVerifier);
  const state = createState(signIn);
  const url = await buildAddress(signIn, secrets, { state, codeVerifier });
  const stored = await storeAttempt(signIn, { state, sessionId }, { secrets, codeVerifier });
  if (!stored) throw endedProblem();
  return url;
}

const endedProblem = () =>
  new Problem(
    'not_found',
    'This sign-in has ended or is not one of this workspace. Start again under Settings, ' +
      'Connections.',
  );

async function readOpen(place: { tenantId: string; id: string }): Promise<SignIn | undefined> {
  const [row] = await readTenant(place.tenantId, (tx) =>
    tx.select().from(deviceAuthorizations).where(whereOpen(place)),
  );
  return row;
}

/** The authorization request (RFC 6749, section 4.1.1, with RFC 7636, section 4.3). */
async function buildAddress(
  signIn: SignIn,
  secrets: Record<string, string>,
  { state, codeVerifier }: { state: string; codeVerifier: string },
): Promise<string> {
  const provider = providerOf(signIn);
  const grant = requireCodeGrant(provider);
  const settings = checkSettings(provider, signIn.settings as Record<string, unknown>);
  const url = new URL(grant.url(settings));
  if (!isOwnAddress(url, grant.hosts))
    throw new Problem('bad_request', `The sign-in page of ${provider.label} is not on its hosts.`);
  const { clientId } = settings as { clientId?: unknown };
  const parameters = {
    ...grant.parameters?.(settings),
    ...scopeParameters(grant, settings),
    response_type: 'code',
    client_id: getClientId({ ...getAppSecrets(provider), ...secrets }, clientId),
    redirect_uri: redirectUri(provider.key),
    state,
    code_challenge: await calculatePKCECodeChallenge(codeVerifier),
    code_challenge_method: 'S256',
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url.href;
}

function scopeParameters(grant: CodeGrant<unknown>, settings: unknown): Record<string, string> {
  const { optionalScopeParameter: parameter = 'scope' } = grant;
  const optional = grant.optionalScopes?.(settings) ?? [];
  const scope = [...grant.scopes(settings), ...(parameter === 'scope' ? optional : [])];
  return {
    ...(scope.length > 0 && { scope: scope.join(' ') }),
    ...(parameter !== 'scope' && optional.length > 0 && { [parameter]: optional.join(' ') }),
  };
}
