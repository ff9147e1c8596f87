import type { X509Certificate } from 'node:crypto';
import type { HttpClient } from '../../platform/http/types.ts';

/** A webhook delivery as received, byte by byte. Header names are in lower case. */
export interface Delivery {
  headers: Readonly<Record<string, string>>;
  body: Uint8Array;
}

/**
 * The event in a delivery. It only says that something changed; the change itself is read from the
 * provider.
 */
export interface DeliveredEvent {
  /** Unique among the events of the connection, and the same for repeated deliveries. */
  key: string;
  event: string;
  resourceId: string | null;
  occurredAt: Date | null;
}

/** What a delivery is verified against. */
export interface DeliveryProof {
  /** The certificates in the file that the delivery names, the signing one first. */
  certificates: readonly X509Certificate[];
  trusted: readonly X509Certificate[];
  now: Date;
}

/** Our registration at the provider. */
export interface RegisteredWebhook {
  url: string;
  events: readonly string[];
}

export interface RegistrationContext<Settings> {
  /** Sends requests with a token for the registration API, and only to its hosts. */
  http: HttpClient;
  settings: Settings;
}

/** The API for registering a webhook, which needs tokens of its own. */
export interface WebhookRegistration<Settings> {
  baseUrl(settings: Settings): string;
  /** Allowed hosts of the base URL. */
  hosts: readonly string[];
  /** Fields of the token request that override those of the grant. */
  tokenForm: Record<string, string>;
  /** The current registration; null when there is none. Throws RemoteError. */
  read(context: RegistrationContext<Settings>): Promise<RegisteredWebhook | null>;
  /** Registers `url` for all events, replacing the `known` registration. Throws RemoteError. */
  write(
    context: RegistrationContext<Settings>,
    url: string,
    known: RegisteredWebhook | null,
  ): Promise<void>;
  /** Requests a test delivery. Throws RemoteError. */
  test(context: RegistrationContext<Settings>): Promise<void>;
}

/** The webhooks by which a provider reports changes. */
export interface WebhookDefinition<Settings = unknown> {
  events: readonly string[];
  certificate: {
    /** The URL of the certificate that a delivery names; undefined when it names none. Pure. */
    url(delivery: Delivery): string | undefined;
    /** Allowed hosts of that URL, without wildcards, because the sender chooses the URL. */
    hosts: readonly string[];
    /** URLs that the provider documents, and that are therefore known before any delivery. */
    documented: readonly string[];
    /** Allowed hosts of the URLs that certificates name for their issuers' certificates. */
    issuerHosts: readonly string[];
  };
  /** Why a delivery is not authentic, for our log; null when it is authentic. Pure. */
  refusal(delivery: Delivery, proof: DeliveryProof): string | null;
  /** Parses the body of an authentic delivery. Throws RecordRejected. Pure. */
  parse(body: string): DeliveredEvent;
  registration: WebhookRegistration<Settings>;
}
