import { appWebhookUrl, webhookUrl } from '../../connections/webhook-url.ts';
import type { SecondaryApi } from '../../connections/client.ts';
import { toAuditTarget, type OpenConnection } from '../../connections/connections.ts';
import { usesAppWebhook } from '../../connections/oauth/app.ts';
import {
  withConnection,
  type ConnectionKey,
  type SessionOptions,
} from '../../connections/session.ts';
import type { OwnedHttpClient } from '../../platform/http/client.ts';
import { config } from '../../platform/config.ts';
import { Problem } from '../../platform/errors.ts';
import type { RegisteredWebhook, WebhookRegistration } from '../../connectors/contract/events.ts';

/** The provider's API for registrations, for one connection. */
export interface RegistrationClient {
  /** What the provider is called. */
  label: string;
  url: string;
  /** The connection as the audit log names it. */
  target: ReturnType<typeof toAuditTarget>;
  isPaused: boolean;
  events: readonly string[];
  read(): Promise<RegisteredWebhook | null>;
  write(known: RegisteredWebhook | null): Promise<void>;
  /** Undefined when registrations do not end. */
  renew?(known: RegisteredWebhook): Promise<void>;
  remove(known: RegisteredWebhook): Promise<void>;
  test(): Promise<void>;
}

/**
 * Runs `work` with the registration API of a connection's provider. Throws Problem `not_found`, and
 * `bad_request` when the provider has no such API; RemoteError.
 */
export function openRegistration<T>(
  key: ConnectionKey,
  options: Pick<SessionOptions, 'background'>,
  work: (client: RegistrationClient) => Promise<T>,
): Promise<T> {
  const retry = { baseMs: config().SYNC_RETRY_BASE_MS };
  return withConnection(key, { ...options, retry, via: registrationApi }, (session) => {
    const { provider, settings, http, connection } = session;
    const { registration, events } = requireRegistration(session);
    const own = {
      label: provider.label,
      url: webhookUrl(connection),
      target: toAuditTarget(connection),
      isPaused: connection.status === 'paused',
      events,
    };
    return work(createRegistrationClient(registration, { http, settings }, own));
  });
}

function requireRegistration(open: OpenConnection): RegisteringWebhook {
  const { webhook, label } = open.provider;
  if (webhook === undefined)
    throw new Problem('bad_request', `${label} sends no webhooks; it is read on schedule.`);
  const { registration, events } = webhook;
  if (registration !== undefined) return { registration, events };
  const address = webhook.proof.kind === 'token' ? null : chooseAddress(open);
  throw new Problem(
    'bad_request',
    address === null
      ? `Webhooks of ${label} are set up there, with the address that Settings, Connections makes.`
      : `Webhooks of ${label} are set up there, with this address: ${address}`,
  );
}

/** That of the whole app where the connection uses the one of this installation. */
const chooseAddress = ({ provider, connection }: OpenConnection): string =>
  usesAppWebhook(provider) ? appWebhookUrl(provider.key) : webhookUrl(connection);

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

/** The API of a provider's registrations, for the address and the events of one connection. */
export function createRegistrationClient(
  registration: WebhookRegistration<unknown>,
  context: { http: OwnedHttpClient; settings: unknown },
  own: Pick<RegistrationClient, 'label' | 'url' | 'target' | 'isPaused' | 'events'>,
): RegistrationClient {
  const { renew } = registration;
  return {
    ...own,
    read: () => registration.read(context),
    write: (known) => registration.write(context, own.url, known),
    ...(renew !== undefined && { renew: (known) => renew.call(registration, context, known) }),
    remove: (known) => registration.remove(context, known),
    test: () => registration.test(context),
  };
}

export function isCurrent(
  { url, events }: RegistrationClient,
  registered: RegisteredWebhook | null,
): boolean {
  return registered?.url === url && events.every((event) => registered.events.includes(event));
}
