import { setTimeout as sleep } from 'node:timers/promises';
import { RemoteError } from '../../platform/http/errors.ts';
import { newId } from '../../platform/id.ts';
import { retryInTenant } from '../../identity/tenancy/with-tenant.ts';

import type { TokenProvider } from './authorization.ts';
import { withOwner } from './shared-source.ts';
import {
  releaseLease,
  readTokens,
  storeRotatedRefreshToken,
  acquireLease,
  type AccessToken,
  type TokenSource,
  type TokenState,
} from './store.ts';
import { requestToken } from './token-endpoint.ts';

/** Time between two looks at the lease, and how many there are: 30 s, as long as a lease lasts. */
const waitMs = 250;
const maxWaits = 120;

/**
 * Access tokens of a stored connection for another API (audience) of its provider. They are needed
 * rarely and not stored; the refresh token is exchanged and its successor stored under the same
 * lease as for the connection's own tokens.
 */
export function createAudienceTokens(
  source: TokenSource,
  tokenForm: Record<string, string>,
): TokenProvider {
  return () => withOwner(source, (owner) => obtain(owner, tokenForm));
}

async function obtain(
  source: TokenSource,
  tokenForm: Record<string, string>,
): Promise<AccessToken> {
  for (let waits = 0; waits < maxWaits; waits += 1) {
    const seen = await retryInTenant(source.tenantId, (tx) =>
      readTokens(tx, source.provider, source),
    );
    const leaseOwner = newId();
    const held =
      seen.holder.leaseSeconds > 0
        ? undefined
        : await acquireLease(source.provider, source, seen, leaseOwner);
    if (held !== undefined) return exchange(source, held, leaseOwner, tokenForm);
    await sleep(waitMs);
  }
  throw new RemoteError(
    'transient',
    `Another process is renewing the tokens of ${source.provider.label}. Try again in a minute.`,
  );
}

async function exchange(
  source: TokenSource,
  held: TokenState,
  leaseOwner: string,
  tokenForm: Record<string, string>,
): Promise<AccessToken> {
  const { grant } = source.provider;
  const form: NonNullable<typeof grant.form> = (settings, secrets) => ({
    ...grant.form?.(settings, secrets),
    ...tokenForm,
  });
  try {
    const response = await requestToken(
      { ...source.provider, grant: { ...grant, form } },
      source.settings,
      held.secrets,
    );
    if (!(await storeRotatedRefreshToken(source, held, response)))
      throw new RemoteError(
        'transient',
        'The credentials were replaced while a token was being fetched. Try again.',
      );
    return { token: response.accessToken, secondsLeft: response.lifeSeconds ?? null, fresh: true };
  } catch (error) {
    await releaseLease(source, held, leaseOwner);
    throw error;
  }
}
