import { Problem } from '../platform/errors.ts';
import { RemoteError } from '../platform/http/errors.ts';
import type { ProviderDefinition } from '../connectors/contract/provider.ts';
import { createConnectionClient } from './client.ts';
import { withAuthorization } from './oauth/authorization.ts';
import { getOAuthProvider } from './oauth/token-endpoint.ts';
import { createUnsavedCredentials, type UnsavedCredentials } from './oauth/unsaved-credentials.ts';

/** Somebody waits for the answer: shorter than a sync would wait. */
const deadlineMs = 10_000;

/**
 * Asks the provider whether it takes these credentials. A refusal, or no answer, is a Problem in
 * plain words. Answers the secrets to store: those given, with a refresh token that the question
 * used up replaced by its successor.
 */
export async function checkCredentials(
  provider: ProviderDefinition,
  settings: unknown,
  secrets: Record<string, string>,
): Promise<Record<string, string>> {
  const plain = createConnectionClient(provider, settings, { deadlineMs, retry: { retries: 0 } });
  const oauth = getOAuthProvider(provider);
  const unsaved = oauth && createUnsavedCredentials(oauth, settings, secrets);
  const { baseUrl } = settings as { baseUrl: string };
  const http =
    unsaved === undefined
      ? plain
      : withAuthorization(plain, unsaved.tokens, { hosts: provider.hosts, baseUrl });
  try {
    await provider.check({ http, settings, secrets, now: new Date(), concurrency: 1 });
    return unsaved?.secrets() ?? secrets;
  } catch (error) {
    throw error instanceof RemoteError
      ? createRefusedProblem(provider.label, error, unsaved)
      : error;
  } finally {
    await http.close();
  }
}

/**
 * Asks the provider the same with an access token that was just given. What it refuses is said in
 * plain words; an answer that does not come is no refusal, because the consent has shown that the
 * credentials are good.
 */
export async function checkToken(
  provider: ProviderDefinition,
  settings: unknown,
  secrets: Record<string, string>,
  token: string,
): Promise<string | null> {
  const plain = createConnectionClient(provider, settings, { deadlineMs, retry: { retries: 0 } });
  const http = withAuthorization(
    plain,
    () => Promise.resolve({ token, secondsLeft: null, fresh: true }),
    { hosts: provider.hosts, baseUrl: (settings as { baseUrl: string }).baseUrl },
  );
  try {
    await provider.check({ http, settings, secrets, now: new Date(), concurrency: 1 });
    return null;
  } catch (error) {
    if (!(error instanceof RemoteError)) throw error;
    return error.kind === 'auth' || error.kind === 'permission'
      ? `${provider.label} does not let this account in; nothing was stored. ${error.message}`
      : null;
  } finally {
    await http.close();
  }
}

function createRefusedProblem(
  label: string,
  { kind, message }: RemoteError,
  unsaved: UnsavedCredentials | undefined,
): Problem {
  const what =
    kind === 'auth' || kind === 'permission'
      ? 'does not accept these credentials'
      : 'could not be asked whether it accepts these credentials';
  const again =
    unsaved?.isRefreshTokenUsed() === true
      ? ' The refresh token that was entered is used up by this: make a new one before you try again.'
      : '';
  return new Problem('bad_request', `${label} ${what}; nothing was stored. ${message}${again}`);
}
