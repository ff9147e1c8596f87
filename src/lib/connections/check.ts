import { Problem } from '../platform/errors.ts';
import type { OwnedHttpClient } from '../platform/http/client.ts';
import { RemoteError } from '../platform/http/errors.ts';
import type { ProviderDefinition } from '../connectors/contract/provider.ts';
import { authenticate, createConnectionClient } from './client.ts';
import type { TokenProvider } from './oauth/authorization.ts';
import { getOAuthProvider } from './oauth/token-endpoint.ts';
import { createUnsavedCredentials, type UnsavedCredentials } from './oauth/unsaved-credentials.ts';

/** Shorter than the deadline of a sync, because a person waits for the result. */
const deadlineMs = 10_000;

/**
 * Sends the provider's check request with credentials that are not stored yet, and returns the
 * secrets to store: those given, except that a refresh token used up by the check is replaced by
 * its successor. Throws Problem `bad_request` when the provider rejects them or does not respond.
 */
export async function checkCredentials(
  provider: ProviderDefinition,
  settings: unknown,
  secrets: Record<string, string>,
): Promise<Record<string, string>> {
  const oauth = getOAuthProvider(provider);
  const unsaved = oauth && createUnsavedCredentials(oauth, settings, secrets);
  const error = await tryCheck(provider, settings, secrets, unsaved?.tokens);
  if (error !== null) throw createRejectedProblem(provider.label, error, unsaved);
  return unsaved?.secrets() ?? secrets;
}

/**
 * Sends the provider's check request with an access token that was just issued. Returns null, or a
 * sentence for people when the provider denies access. A missing response is not a denial: the
 * sign-in has already shown that the credentials are valid.
 */
export async function checkToken(
  provider: ProviderDefinition,
  settings: unknown,
  secrets: Record<string, string>,
  token: string,
): Promise<string | null> {
  const error = await tryCheck(provider, settings, secrets, toTokens(token));
  return error !== null && isRejection(error)
    ? `${provider.label} denied access to this account, so nothing was saved. ${error.message}`
    : null;
}

/**
 * Sends the provider's check request with the access token of a sign-in that is to be shared. Throws
 * Problem `bad_request` unless the provider accepts it: under other settings nothing else shows that
 * the token opens what they name.
 */
export async function checkShared(
  provider: ProviderDefinition,
  settings: unknown,
  secrets: Record<string, string>,
  token: string,
): Promise<void> {
  const error = await tryCheck(provider, settings, secrets, toTokens(token));
  if (error === null) return;
  throw new Problem(
    'bad_request',
    `${provider.label} did not accept this sign-in for the new connection, so nothing was saved. ` +
      error.message,
  );
}

const toTokens =
  (token: string): TokenProvider =>
  () =>
    Promise.resolve({ token, secondsLeft: null, fresh: true });

/** Null when the provider accepted the request. */
async function tryCheck(
  provider: ProviderDefinition,
  settings: unknown,
  secrets: Record<string, string>,
  tokens: TokenProvider | undefined,
): Promise<RemoteError | null> {
  const http = createCheckClient(provider, settings, secrets, tokens);
  try {
    await provider.check({ http, settings, secrets, now: new Date(), concurrency: 1 });
    return null;
  } catch (error) {
    if (error instanceof RemoteError) return error;
    throw error;
  } finally {
    await http.close();
  }
}

function createCheckClient(
  provider: ProviderDefinition,
  settings: unknown,
  secrets: Record<string, string>,
  tokens: TokenProvider | undefined,
): OwnedHttpClient {
  const http = createConnectionClient(provider, settings, {
    deadlineMs,
    retry: { retries: 0 },
  });
  const { baseUrl } = settings as { baseUrl: string };
  return authenticate(http, provider, {
    settings,
    secrets,
    tokens,
    hosts: provider.hosts,
    baseUrl,
  });
}

const isRejection = ({ kind }: RemoteError): boolean => kind === 'auth' || kind === 'permission';

function createRejectedProblem(
  label: string,
  error: RemoteError,
  unsaved: UnsavedCredentials | undefined,
): Problem {
  const what = isRejection(error)
    ? `${label} rejected these credentials, so nothing was saved.`
    : `${label} could not check these credentials, so nothing was saved.`;
  const again =
    unsaved?.isRefreshTokenUsed() === true
      ? ' The check used up the refresh token that you entered: create a new one before you retry.'
      : '';
  return new Problem('bad_request', `${what} ${error.message}${again}`);
}
