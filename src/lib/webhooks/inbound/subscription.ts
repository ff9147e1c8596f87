import { sql } from 'drizzle-orm';
import type { RegisteredWebhook } from '../../connectors/contract/events.ts';
import { recordAudit, type AuditEntry } from '../../identity/audit/record.ts';
import { withTenant } from '../../identity/tenancy/with-tenant.ts';
import type { ConnectionKey } from '../../connections/session.ts';
import { config } from '../../platform/config.ts';
import { Problem } from '../../platform/errors.ts';
import { RemoteError } from '../../platform/http/errors.ts';
import { log } from '../../platform/log.ts';
import { eventSubscriptions } from '../../schema/webhooks.ts';
import { isCurrent, openRegistration, type RegistrationClient } from './registration-client.ts';

const hourMs = 3_600_000;
/** How often a registration is looked at. */
const checkMs = 24 * hourMs;
/** A registration that ends sooner is renewed: one look may fail in between. */
const renewWithinMs = 36 * hourMs;
/** When a registration is looked at again that failed for the moment, or is not confirmed yet. */
const soonMs = hourMs;

/** What a job found and did about a registration. */
export interface KeptSubscription {
  /** As in `event_subscriptions`. */
  state: 'registered' | 'unverified' | 'failed' | null;
  /** Why it failed, in words for people. */
  reason?: string;
  /** What the provider has registered. */
  registered: RegisteredWebhook | null;
  /** Milliseconds until the next look; null for none. */
  nextMs: number | null;
  /** What was changed at the provider; absent when nothing was. */
  change?: Pick<AuditEntry, 'action' | 'before' | 'after'>;
}

/**
 * Brings the registration of a connection's webhook at the provider to what its state asks for: made
 * when it is missing or has another address of this installation for the same connection, renewed
 * before it ends or with `renew`, taken back while the connection is paused. What comes of it is
 * stored, also that it failed. Throws Problem `not_found`.
 */
export async function keepSubscription(
  tenantId: string,
  connectionId: string,
  { renew }: { renew: boolean },
): Promise<void> {
  const key = { tenantId, connectionId };
  const target = { type: 'connection', id: connectionId };
  try {
    await openRegistration(key, { background: { insist: false } }, async (client) => {
      await storeSubscription(key, client.target, await keep(client, renew));
    });
  } catch (error) {
    const failure = toFailure(error);
    if (failure === null) throw error;
    await storeSubscription(key, target, failure);
  }
}

async function keep(client: RegistrationClient, renew: boolean): Promise<KeptSubscription> {
  if (client.isPaused) return takeBack(client);
  const obstacle = findObstacle(client);
  if (obstacle !== null)
    return { state: 'failed', reason: obstacle, registered: null, nextMs: checkMs };
  const known = await client.read();
  if (known !== null && !isOurs(client, known))
    return {
      state: 'failed',
      reason:
        `${client.label} sends to another address, which may belong to another application. ` +
        '"Register webhook" replaces it with the address of this connection.',
      registered: known,
      nextMs: checkMs,
    };
  return register(client, { renew, known });
}

/** Why the address cannot be registered, in words for people; null when it can. */
export function findObstacle({ url }: Pick<RegistrationClient, 'url'>): string | null {
  return url.startsWith('https://') || config().ALLOW_LOOPBACK_PROVIDERS
    ? null
    : 'Webhooks need an https:// address that the provider can reach. Set PUBLIC_URL to it.';
}

/** The path names the connection, so the address is ours even if PUBLIC_URL has changed. */
const isOurs = ({ url }: RegistrationClient, known: RegisteredWebhook): boolean =>
  URL.parse(known.url)?.pathname === new URL(url).pathname;

/**
 * Makes a registration current, in place of any other one, and renews it when it ends soon. Throws
 * RemoteError.
 */
export async function register(
  client: RegistrationClient,
  { renew, known }: { renew: boolean; known: RegisteredWebhook | null },
): Promise<KeptSubscription> {
  if (!isCurrent(client, known)) {
    await client.write(known);
    return {
      ...describe(client, await client.read()),
      change: {
        action: 'webhook.registered',
        before: { url: known?.url ?? null },
        after: { url: client.url },
      },
    };
  }
  if (known === null || client.renew === undefined || !(renew || endsSoon(known)))
    return describe(client, known);
  await client.renew(known);
  const renewed = await client.read();
  const after = { endsAt: renewed?.endsAt ?? null };
  return { ...describe(client, renewed), change: { action: 'webhook.renewed', after } };
}

const endsSoon = ({ endsAt }: RegisteredWebhook): boolean =>
  endsAt !== undefined && endsAt.getTime() - Date.now() < renewWithinMs;

/** A registration with a short life is looked at again after half of it. */
function describe(
  client: RegistrationClient,
  registered: RegisteredWebhook | null,
): KeptSubscription {
  if (!isCurrent(client, registered)) return { state: 'unverified', registered, nextMs: soonMs };
  const left = (registered?.endsAt?.getTime() ?? Infinity) - Date.now();
  return { state: 'registered', registered, nextMs: Math.max(0, Math.min(checkMs, left / 2)) };
}

/** Leaves a registration alone that is for another address. */
async function takeBack(client: RegistrationClient): Promise<KeptSubscription> {
  const known = await client.read();
  const kept = { state: null, registered: null, nextMs: null };
  if (known === null || !isOurs(client, known)) return kept;
  await client.remove(known);
  return { ...kept, change: { action: 'webhook.removed', before: { url: known.url } } };
}

/** Null for what is no failure of the registration: errors of our own, a deleted connection. */
function toFailure(error: unknown): KeptSubscription | null {
  const failed = { state: 'failed' as const, registered: null, nextMs: checkMs };
  if (error instanceof Problem)
    return error.code === 'not_found' ? null : { ...failed, reason: error.message };
  if (!(error instanceof RemoteError)) return null;
  const { kind, until, message: reason } = error;
  if (kind !== 'transient' && kind !== 'rate_limited') return { ...failed, reason };
  return { ...failed, reason, nextMs: Math.max(soonMs, (until?.getTime() ?? 0) - Date.now()) };
}

/** Stores what came of a look at a registration, and records in the audit log what changed. */
export async function storeSubscription(
  { tenantId, connectionId }: ConnectionKey,
  target: NonNullable<AuditEntry['target']>,
  { state, reason: given, registered, nextMs, change }: KeptSubscription,
): Promise<void> {
  const reason = given ?? null;
  const row = {
    state,
    reason,
    endsAt: registered?.endsAt ?? null,
    checkedAt: new Date(),
    checkAt: nextMs === null ? null : new Date(Date.now() + nextMs),
  };
  await withTenant(tenantId, async (tx) => {
    const own = { tenantId, connectionId };
    const [before] = await tx
      .select({ state: eventSubscriptions.state, reason: eventSubscriptions.reason })
      .from(eventSubscriptions)
      .where(
        sql`${eventSubscriptions.tenantId} = ${tenantId}
          and ${eventSubscriptions.connectionId} = ${connectionId}`,
      );
    await tx
      .insert(eventSubscriptions)
      .values({ ...own, ...row })
      .onConflictDoUpdate({
        target: [eventSubscriptions.tenantId, eventSubscriptions.connectionId],
        set: row,
      });
    const isNewFailure =
      state === 'failed' && (before?.state !== 'failed' || before.reason !== reason);
    if (change !== undefined) await recordAudit(tx, { tenantId, target, ...change });
    else if (isNewFailure)
      await recordAudit(tx, { tenantId, action: 'webhook.failed', target, after: { reason } });
  });
  log.info(
    { event: 'webhook.kept', tenantId, connectionId, kind: state ?? 'none', reason },
    'The registration of a webhook was looked at',
  );
}
