import { setTimeout as sleep } from 'node:timers/promises';
import { config } from '../../platform/config.ts';
import { recordTokenRefreshFailure } from '../metrics.ts';
import { failpoint } from '../../platform/failpoint.ts';
import { RemoteError } from '../../platform/http/errors.ts';
import { newId } from '../../platform/id.ts';
import { log } from '../../platform/log.ts';
import { retryInTenant } from '../../identity/tenancy/with-tenant.ts';
import { markRefused } from '../sharing/health.ts';
import { withOwner } from './shared-source.ts';
import {
  releaseLease,
  readTokens,
  storeTokens,
  acquireLease,
  type AccessToken,
  type TokenSource,
  type TokenState,
} from './store.ts';
import { requestToken } from './token-endpoint.ts';

/** Longest wait for another process that is renewing the token; longer than that one's lease. */
const maxWaitMs = 45_000;
/** Waits between two looks at the lease: the first, doubling up to the longest. */
const firstPollMs = 40;
const maxPollMs = 500;
/** Longest time for which a failed renewal keeps all processes from the token endpoint. */
const maxPauseSeconds = 3_600;

const pendingRenewals = new Map<string, Promise<AccessToken>>();

/**
 * Returns an access token, of the connection or of the one whose sign-in it uses, after renewing it if it is about to expire or is the `rejected` one.
 * Only one renewal runs at a time across all processes: callers in one process share it, and other
 * processes wait for its result. Throws RemoteError: `auth` when the grant was revoked or has
 * expired, `transient` and `rate_limited` when another attempt may succeed.
 */
export async function getAccessToken(source: TokenSource, rejected?: string): Promise<AccessToken> {
  const key = `${source.tenantId}/${source.connectionId}`;
  const shared = await pendingRenewals.get(key);
  if (shared !== undefined && shared.token !== rejected) return shared;
  const obtaining =
    pendingRenewals.get(key) ??
    obtainFromOwner(source, rejected).finally(() => pendingRenewals.delete(key));
  pendingRenewals.set(key, obtaining);
  return obtaining;
}

/** Connections that share a sign-in meet at its owner, where one renewal serves them all. */
function obtainFromOwner(source: TokenSource, rejected: string | undefined): Promise<AccessToken> {
  return withOwner(source, (owner) =>
    owner === source ? obtainToken(source, rejected) : getAccessToken(owner, rejected),
  );
}

async function obtainToken(
  source: TokenSource,
  rejected: string | undefined,
): Promise<AccessToken> {
  const deadline = performance.now() + maxWaitMs;
  for (let waits = 0; ; waits += 1) {
    const seen = await retryInTenant(source.tenantId, (tx) =>
      readTokens(tx, source.provider, source),
    );
    const known = getUsableToken(seen, rejected);
    if (known !== undefined) return known;
    const obtained = await renewUnderLease(source, seen, rejected);
    if (obtained !== undefined) return obtained;
    if (performance.now() + seen.holder.leaseSeconds * 1000 > deadline)
      return getUnexpiredToken(seen, rejected, createBusyError(source, seen));
    await sleep(computePollMs(waits));
  }
}

/** Half to one and a half times the doubled wait at random, so that processes spread out. */
function computePollMs(waits: number): number {
  return Math.min(firstPollMs * 2 ** Math.min(waits, 4), maxPollMs) * (0.5 + Math.random());
}

/** Undefined when another process has the lease or has replaced the secret: read again. */
async function renewUnderLease(
  source: TokenSource,
  seen: TokenState,
  rejected: string | undefined,
): Promise<AccessToken | undefined> {
  if (seen.holder.leaseSeconds > 0) return undefined;
  const leaseOwner = newId();
  const held = await acquireLease(source.provider, source, seen, leaseOwner);
  if (held === undefined) return undefined;
  // Another process may have renewed the token between the reading and the lease.
  const known = getUsableToken(held, rejected);
  if (known !== undefined) {
    await releaseLease(source, held, leaseOwner);
    return known;
  }
  return renew(source, held, { leaseOwner, rejected });
}

/**
 * Exchanges the secret for a token and stores it. One gap remains: if this process or the network
 * fails after the source has used up the refresh token and before its successor is stored, the
 * successor is lost. The next attempt sends the old token again; a source with a grace period
 * accepts that, with any other a person has to connect again.
 */
async function renew(
  source: TokenSource,
  held: TokenState,
  { leaseOwner, rejected }: { leaseOwner: string; rejected: string | undefined },
): Promise<AccessToken | undefined> {
  const { tenantId, connectionId, provider, settings } = source;
  try {
    const response = await requestToken(provider, settings, held.secrets);
    failpoint('token.before_store');
    if (!(await storeTokens(source, held, response))) return undefined;
    failpoint('token.after_store');
    log.info({ event: 'token.renewed', tenantId, connectionId }, 'Renewed an access token');
    return { token: response.accessToken, secondsLeft: response.lifeSeconds ?? null, fresh: true };
  } catch (error) {
    if (!(error instanceof RemoteError)) throw error;
    log.warn(
      { event: 'token.failed', tenantId, connectionId, kind: error.kind, status: error.status },
      'An access token was not renewed',
    );
    if (error.kind === 'auth' && (await hasSecretChanged(source, held))) return undefined;
    if (error.kind === 'auth') {
      recordTokenRefreshFailure({ tenantId, connectionId });
      await markRefused(source, provider, error.message);
    }
    await releaseLease(
      source,
      held,
      leaseOwner,
      error.kind === 'auth' ? 0 : computePauseSeconds(error),
    );
    return getUnexpiredToken(held, rejected, error);
  }
}

/** A rejected secret that was replaced meanwhile does not mean that the grant has ended. */
async function hasSecretChanged(
  { provider, ...owner }: TokenSource,
  held: TokenState,
): Promise<boolean> {
  const now = await retryInTenant(owner.tenantId, (tx) => readTokens(tx, provider, owner));
  return Object.entries(now.secrets).some(([name, secret]) => held.secrets[name] !== secret);
}

function getUsableToken(
  { access }: TokenState,
  rejected: string | undefined,
): AccessToken | undefined {
  return access !== undefined && access.fresh && access.token !== rejected ? access : undefined;
}

/** Falls back to the present token while it has not expired and no new one can be had. */
function getUnexpiredToken(
  { access }: TokenState,
  rejected: string | undefined,
  error: RemoteError,
): AccessToken {
  if (
    error.kind !== 'auth' &&
    access !== undefined &&
    (access.secondsLeft ?? 0) > 1 &&
    access.token !== rejected
  )
    return access;
  throw error;
}

/** Pauses all processes after a failure, so that they do not overload a struggling endpoint. */
function computePauseSeconds({ until }: RemoteError): number {
  const asked = until === undefined ? 0 : (until.getTime() - Date.now()) / 1000;
  return Math.min(Math.max(asked, config().SYNC_RETRY_BASE_MS / 1000), maxPauseSeconds);
}

function createBusyError({ provider }: TokenSource, { holder }: TokenState): RemoteError {
  const until = new Date(Date.now() + holder.leaseSeconds * 1000);
  return new RemoteError(
    'rate_limited',
    `The token endpoint of ${provider.label} asked us to wait. ` +
      'We will try again automatically.',
    { until },
  );
}
