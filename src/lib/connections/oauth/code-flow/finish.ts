import {
  AuthorizationResponseError,
  OperationProcessingError,
  UnsupportedOperationError,
  validateAuthResponse,
} from 'oauth4webapi';
import { DecryptionError } from '../../../platform/crypto.ts';
import { Problem } from '../../../platform/errors.ts';
import { RemoteError } from '../../../platform/http/errors.ts';
import { log } from '../../../platform/log.ts';
import { registerSecret, scrub } from '../../../platform/secrets.ts';
import type { ProviderDefinition } from '../../../connectors/contract/provider.ts';
import { checkSettings } from '../../validate.ts';
import { openSignInSecrets, type SignInSecrets } from '../sealed.ts';
import { endSignIn, providerOf, type SignIn } from '../sign-in.ts';
import type { TokenResponse } from '../token-answer.ts';
import { exchangeGrant, getOAuthProvider } from '../token-endpoint.ts';
import { claimAttempt, noteFailure, parseState } from './attempt.ts';
import { connectReturned } from './connect.ts';
import { redirectUri, requireCodeGrant } from './start.ts';

/** A person who came back from a provider. */
interface Return {
  tenantId: string;
  userId: string;
  sessionId: string;
  /** The provider of the address that they came back to. */
  providerKey: string;
  /** The parameters that the provider sent along. */
  search: string;
}

/**
 * Finishes what `beginAttempt` began: checks the answer (state, session, issuer), exchanges the code
 * and connects the account. Returns the sign-in, whose page says in words why it failed if it did.
 * Throws Problem `bad_request` for anything else than the answer to an attempt of this session.
 */
export async function finishAttempt(back: Return): Promise<{ id: string; isConnected: boolean }> {
  const parameters = new URLSearchParams(back.search);
  const state = parameters.get('state') ?? '';
  const place = parseState(state);
  const signIn =
    place?.tenantId === back.tenantId
      ? await claimAttempt(place, { state, sessionId: back.sessionId })
      : undefined;
  if (signIn === undefined || signIn.provider !== back.providerKey) throw foreignAnswer();
  const isConnected = await tryConnect(signIn, parameters, { state, userId: back.userId });
  return { id: signIn.id, isConnected };
}

const foreignAnswer = () =>
  new Problem(
    'bad_request',
    'This sign-in has expired, was already used or was begun in another browser. Nothing was ' +
      'connected. Take it up again under Settings, Connections.',
  );

async function tryConnect(
  signIn: SignIn,
  parameters: URLSearchParams,
  { state, userId }: { state: string; userId: string },
): Promise<boolean> {
  const provider = providerOf(signIn);
  try {
    const kept = openSecrets(signIn);
    const tokens = await exchangeCode(provider, signIn, kept, { parameters, state });
    await connectReturned(signIn, provider, { secrets: kept.secrets, tokens, userId });
    return true;
  } catch (error) {
    const reason = describeFailure(error, provider);
    if (reason === undefined) throw error;
    log.warn(
      { event: 'consent.refused', tenantId: signIn.tenantId, provider: provider.key, reason },
      'A sign-in at a provider failed',
    );
    if (isDenial(error)) await endSignIn(signIn, 'refused', reason);
    else await noteFailure(signIn, reason);
    return false;
  }
}

function openSecrets(signIn: SignIn): SignInSecrets {
  if (signIn.sealed === null) throw new Error('A sign-in that waits has no secrets');
  return openSignInSecrets(signIn, signIn.sealed);
}

async function exchangeCode(
  provider: ProviderDefinition,
  signIn: SignIn,
  { codeVerifier = '', secrets }: SignInSecrets,
  { parameters, state }: { parameters: URLSearchParams; state: string },
): Promise<TokenResponse> {
  const oauth = getOAuthProvider(provider);
  if (oauth === undefined) throw new Error(`${provider.label} does not use OAuth`);
  const settings = checkSettings(provider, signIn.settings as Record<string, unknown>);
  const code = readCode(provider, settings, parameters, state);
  registerSecret(code);
  registerSecret(codeVerifier);
  return exchangeGrant(
    oauth,
    { settings, secrets: { ...oauth.appSecrets, ...secrets } },
    {
      grantType: 'authorization_code',
      form: { code, redirect_uri: redirectUri(provider.key), code_verifier: codeVerifier },
    },
    (refusal) => `${provider.label} did not accept the sign-in (${refusal}). Sign in again.`,
  );
}

/** Checks the answer as a whole before anything of it is used; throws what the library throws. */
function readCode(
  provider: ProviderDefinition,
  settings: unknown,
  parameters: URLSearchParams,
  state: string,
): string {
  const grant = requireCodeGrant(provider);
  const issuer = grant.issuer?.(settings);
  const answer = new URLSearchParams(parameters);
  // Without a known issuer there is nothing to compare with; the address of the way back, which is
  // the provider's alone, keeps the code from another one (RFC 9700, section 4.4.2).
  if (issuer === undefined) answer.delete('iss');
  const as = {
    issuer: issuer ?? grant.url(settings),
    authorization_response_iss_parameter_supported: grant.namesIssuer === true,
  };
  const checked = validateAuthResponse(as, { client_id: provider.key }, answer, state);
  const code = checked.get('code') ?? '';
  if (code === '') throw new Problem('bad_request', `${provider.label} sent no code.`);
  return code;
}

const isDenial = (error: unknown): boolean =>
  error instanceof AuthorizationResponseError && error.error === 'access_denied';

/** Characters of a provider's own words that are shown. */
const maxQuoted = 300;

/** Why nothing was connected, in words without secrets; undefined for errors of our own. */
function describeFailure(error: unknown, { label }: ProviderDefinition): string | undefined {
  if (isDenial(error)) return 'The person who signed in declined to give access.';
  if (error instanceof AuthorizationResponseError)
    return (
      `${label} did not sign you in. It answered ${quote(error.error)}` +
      `${error.error_description ? `: ${quote(error.error_description)}` : ''}.`
    );
  if (error instanceof OperationProcessingError || error instanceof UnsupportedOperationError)
    return (
      `The answer did not come from ${label} as it must (${quote(error.message)}), so nothing was ` +
      'connected. Sign in again; if this happens again, tell your administrator.'
    );
  if (error instanceof DecryptionError)
    return 'What was entered can no longer be decrypted. Start again.';
  if (error instanceof Problem && error.code !== 'internal') return error.message;
  return error instanceof RemoteError ? error.message : undefined;
}

const quote = (text: string): string =>
  scrub(text)
    .replaceAll(/[\p{Cc}\s]+/gu, ' ')
    .trim()
    .replace(/\.$/, '')
    .slice(0, maxQuoted);
