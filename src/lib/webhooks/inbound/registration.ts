import { and, desc, eq, sql } from 'drizzle-orm';
import { webhookUrl } from '../../connections/webhook-url.ts';
import type { SecondaryApi } from '../../connections/client.ts';
import { toAuditTarget, type OpenConnection } from '../../connections/connections.ts';
import { withConnection } from '../../connections/session.ts';
import { config } from '../../platform/config.ts';
import { Problem } from '../../platform/errors.ts';
import { formatMinuteUtc } from '../../platform/format-minute.ts';
import { RemoteError } from '../../platform/http/errors.ts';
import type { OwnedHttpClient } from '../../platform/http/client.ts';
import { isId } from '../../platform/id.ts';
import type { RegisteredWebhook, WebhookRegistration } from '../../connectors/contract/events.ts';
import { noteChange } from '../../identity/audit/record.ts';
import { readTenant } from '../../identity/tenancy/with-tenant.ts';
import { webhookDeliveries } from '../../schema/webhooks.ts';

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
    if (!client.url.startsWith('https://') && !config().ALLOW_LOOPBACK_PROVIDERS)
      throw new Problem(
        'bad_request',
        'Webhooks need an https:// address that the provider can reach. Set PUBLIC_URL to it.',
      );
    const known = await client.read();
    if (!isCurrent(client, known)) {
      await client.write(known);
      await noteChange(tenantId, {
        action: 'webhook.registered',
        target: client.target,
        before: { url: known?.url ?? null },
        after: { url: client.url },
      });
    }
    return readStatus(tenantId, connectionId, client, await client.read());
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

/** The provider's API for registrations, for one connection. */
interface RegistrationClient {
  url: string;
  /** The connection as the audit log names it. */
  target: ReturnType<typeof toAuditTarget>;
  events: readonly string[];
  read(): Promise<RegisteredWebhook | null>;
  write(known: RegisteredWebhook | null): Promise<void>;
  test(): Promise<void>;
}

async function withRegistrationClient<T>(
  tenantId: string,
  connectionId: string,
  work: (client: RegistrationClient) => Promise<T>,
): Promise<T> {
  if (!isId(connectionId))
    throw new Problem('not_found', 'There is no such connection in this workspace.');
  const options = { retry: { baseMs: config().SYNC_RETRY_BASE_MS }, via: registrationApi };
  return withConnection({ tenantId, connectionId }, options, async (session) => {
    const { provider, settings, http } = session;
    const url = webhookUrl(session.connection);
    const { registration, events } = requireRegistration(session);
    try {
      return await work(
        createRegistrationClient(
          registration,
          { http, settings },
          { events, url, target: toAuditTarget(session.connection) },
        ),
      );
    } catch (error) {
      throw error instanceof RemoteError ? toProblem(provider.label, error) : error;
    }
  });
}

/** Registering is left to the person: nobody repeats it, and the words must not say so. */
function toProblem(label: string, { kind, message, until, status, unsent }: RemoteError): Problem {
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

function requireRegistration({ provider, connection }: OpenConnection): RegisteringWebhook {
  const { webhook, label } = provider;
  if (webhook === undefined)
    throw new Problem('bad_request', `${label} sends no webhooks; it is read on schedule.`);
  const { registration, events } = webhook;
  if (registration !== undefined) return { registration, events };
  throw new Problem(
    'bad_request',
    `Webhooks of ${label} are set up there, with this address: ${webhookUrl(connection)}`,
  );
}

interface RegisteringWebhook {
  registration: WebhookRegistration<unknown>;
  events: readonly string[];
}

/** Registrations have an API of their own, with its own hosts and tokens. */
function registrationApi(open: OpenConnection): SecondaryApi {
  const { registration } = requireRegistration(open);
  const { hosts, tokenForm } = registration;
  return { baseUrl: registration.baseUrl(open.settings), hosts, tokenForm };
}

function createRegistrationClient(
  registration: WebhookRegistration<unknown>,
  context: { http: OwnedHttpClient; settings: unknown },
  own: Pick<RegistrationClient, 'url' | 'target' | 'events'>,
): RegistrationClient {
  return {
    ...own,
    read: () => registration.read(context),
    write: (known) => registration.write(context, own.url, known),
    test: () => registration.test(context),
  };
}

function isCurrent(
  { url, events }: RegistrationClient,
  registered: RegisteredWebhook | null,
): boolean {
  return registered?.url === url && events.every((event) => registered.events.includes(event));
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
