import { and, desc, eq, sql } from 'drizzle-orm';
import { Problem } from '../../platform/errors.ts';
import { formatMinuteUtc } from '../../platform/format-minute.ts';
import { RemoteError } from '../../platform/http/errors.ts';
import { isId } from '../../platform/id.ts';
import type { RegisteredWebhook } from '../../connectors/contract/events.ts';
import { readTenant } from '../../identity/tenancy/with-tenant.ts';
import { webhookDeliveries } from '../../schema/webhooks.ts';
import { isCurrent, openRegistration, type RegistrationClient } from './registration-client.ts';
import { findObstacle, register, storeSubscription } from './subscription.ts';

/** The webhook of a connection: its registration at the provider and the events recorded here. */
export interface WebhookStatus {
  /** The address that receives the deliveries of this connection. */
  url: string;
  /** The address and events that the provider has registered; null without a registration. */
  registered: RegisteredWebhook | null;
  /** Whether the registration has our address and all events that we use. */
  isCurrent: boolean;
  /** How many events were recorded, and the newest of them. */
  received: number;
  last: { event: string; at: Date } | null;
}

/**
 * Registers our address for a connection at the provider, in place of any other registration.
 * Throws Problem.
 */
export function registerWebhook(tenantId: string, connectionId: string): Promise<WebhookStatus> {
  return withRegistrationClient(tenantId, connectionId, async (client) => {
    const obstacle = findObstacle(client);
    if (obstacle !== null) throw new Problem('bad_request', obstacle);
    const kept = await register(client, { renew: false, known: await client.read() });
    await storeSubscription({ tenantId, connectionId }, client.target, kept);
    return readStatus(tenantId, connectionId, client, kept.registered);
  });
}

/** Reads the registration at the provider, and which events were recorded here. Throws Problem. */
export function getWebhookStatus(tenantId: string, connectionId: string): Promise<WebhookStatus> {
  return withRegistrationClient(tenantId, connectionId, async (client) =>
    readStatus(tenantId, connectionId, client, await client.read()),
  );
}

/**
 * Asks the provider to send a test event now. It arrives within moments, and `getWebhookStatus`
 * then counts it. Throws Problem, such as `conflict` when the registration is not current.
 */
export function testWebhook(tenantId: string, connectionId: string): Promise<WebhookStatus> {
  return withRegistrationClient(tenantId, connectionId, async (client) => {
    const known = await client.read();
    if (!isCurrent(client, known))
      throw new Problem(
        'conflict',
        'This connection is not registered for webhooks, or not with this address. Register it ' +
          'first.',
      );
    await client.test();
    return readStatus(tenantId, connectionId, client, known);
  });
}

async function withRegistrationClient<T>(
  tenantId: string,
  connectionId: string,
  work: (client: RegistrationClient) => Promise<T>,
): Promise<T> {
  if (!isId(connectionId))
    throw new Problem('not_found', 'There is no such connection in this workspace.');
  return openRegistration({ tenantId, connectionId }, {}, async (client) => {
    try {
      return await work(client);
    } catch (error) {
      throw error instanceof RemoteError ? toProblem(client.label, error) : error;
    }
  });
}

/** Registering is left to the person: nobody repeats it, and the words must not say so. */
export function toProblem(
  label: string,
  { kind, message, until, status, unsent }: RemoteError,
): Problem {
  if (kind === 'rate_limited')
    return new Problem(
      'conflict',
      until === undefined
        ? `${label} takes no more requests for now. Nothing was changed: do it again in a few minutes.`
        : `${label} asked for a pause until ${formatMinuteUtc(until)}. Nothing was changed: do it again then.`,
    );
  if (status === 503 || unsent)
    return new Problem(
      'conflict',
      `${label} is not available right now. Do it again in a few minutes; twice does no harm.`,
    );
  return new Problem('conflict', `The request to ${label} failed. ${message}`);
}

async function readStatus(
  tenantId: string,
  connectionId: string,
  client: RegistrationClient,
  registered: RegisteredWebhook | null,
): Promise<WebhookStatus> {
  const own = and(
    eq(webhookDeliveries.tenantId, tenantId),
    eq(webhookDeliveries.connectionId, connectionId),
  );
  return readTenant(tenantId, async (tx) => {
    const [last] = await tx
      .select({ event: webhookDeliveries.event, at: webhookDeliveries.receivedAt })
      .from(webhookDeliveries)
      .where(own)
      .orderBy(desc(webhookDeliveries.receivedAt))
      .limit(1);
    const [all] = await tx
      .select({ count: sql<number>`count(*)::int` })
      .from(webhookDeliveries)
      .where(own);
    return {
      url: client.url,
      registered,
      isCurrent: isCurrent(client, registered),
      received: all?.count ?? 0,
      last: last ?? null,
    };
  });
}
