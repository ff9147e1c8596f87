import type { X509Certificate } from 'node:crypto';
import type { HttpClient } from '../../platform/http/types.ts';

/** What a provider sent to us, byte by byte as it came. Names of headers are in lower case. */
export interface Delivery {
  headers: Readonly<Record<string, string>>;
  body: Uint8Array;
}

/**
 * What a delivery says. Notices say that something changed, never what: it is read from the
 * provider itself.
 */
export interface DeliveredEvent {
  /** Tells the event from all others of the connection; the same for every delivery of it. */
  key: string;
  event: string;
  resourceId: string | null;
  occurredAt: Date | null;
}

/** What a delivery is checked against. */
export interface DeliveryProof {
  /** Of the file that the delivery named, the one that signed first. */
  certificates: readonly X509Certificate[];
  trusted: readonly X509Certificate[];
  now: Date;
}

/** What the provider knows of us. */
export interface RegisteredWebhook {
  url: string;
  events: readonly string[];
}

export interface RegistrationContext<Settings> {
  /** Sends the token for the registration's own API to its hosts. */
  http: HttpClient;
  settings: Settings;
}

/** How a provider learns where to send its notices: an API of its own, with tokens of its own. */
export interface WebhookRegistration<Settings> {
  baseUrl(settings: Settings): string;
  /** Hosts that the base URL may name. */
  hosts: readonly string[];
  /** Fields of the token request that differ from those of the grant. */
  tokenForm: Record<string, string>;
  /** Null when nothing is registered. Throws RemoteError. */
  read(context: RegistrationContext<Settings>): Promise<RegisteredWebhook | null>;
  /** Registers `url` for all events, in place of what is `known`. Throws RemoteError. */
  write(
    context: RegistrationContext<Settings>,
    url: string,
    known: RegisteredWebhook | null,
  ): Promise<void>;
  /** Asks for a delivery to try the way. Throws RemoteError. */
  test(context: RegistrationContext<Settings>): Promise<void>;
}

/** How a provider tells us that something changed. */
export interface WebhookDefinition<Settings = unknown> {
  events: readonly string[];
  certificate: {
    /**
     * The address of the certificate that a delivery names; undefined when it names none that could
     * be right. Pure.
     */
    url(delivery: Delivery): string | undefined;
    /** Hosts of such certificates, exactly: whoever sends a delivery chooses its address. */
    hosts: readonly string[];
  };
  /** Why a delivery is not the provider's own, for our log; null when it is. Pure. */
  refusal(delivery: Delivery, proof: DeliveryProof): string | null;
  /** What a genuine delivery says. Throws RecordRejected. Pure. */
  parse(body: string): DeliveredEvent;
  registration: WebhookRegistration<Settings>;
}
