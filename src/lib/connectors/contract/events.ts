import type { X509Certificate } from 'node:crypto';
import type { HttpClient } from '../../platform/http/types.ts';

/** A webhook delivery as received, byte by byte. Header names are in lower case. */
export interface Delivery {
  method: string;
  /** The address that the provider called: the public one, whatever proxies have made of it. */
  url: string;
  headers: Readonly<Record<string, string>>;
  body: Uint8Array;
}

/**
 * One event of a delivery. It only says that something changed; the change itself is read from the
 * provider.
 */
export interface DeliveredEvent {
  /** Unique among the events of the connection, and the same for repeated deliveries. */
  key: string;
  event: string;
  resourceId: string | null;
  occurredAt: Date | null;
  /**
   * The account that it is for, by the id that a sign-in names (`TokenAccount`). An event for an
   * account other than that of the connection is ignored. Absent when deliveries name none.
   */
  account?: string;
}

/** What a delivery with a certificate is verified against. */
export interface CertificateEvidence {
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

/** A signature by the key of a certificate that the delivery names. */
export interface CertificateProof {
  kind: 'certificate';
  /** The URL of the certificate that a delivery names; undefined when it names none. Pure. */
  url(delivery: Delivery): string | undefined;
  /** Allowed hosts of that URL, without wildcards, because the sender chooses the URL. */
  hosts: readonly string[];
  /** URLs that the provider documents, and that are therefore known before any delivery. */
  documented: readonly string[];
  /** Allowed hosts of the URLs that certificates name for their issuers' certificates. */
  issuerHosts: readonly string[];
  /** Why a delivery is not authentic, for our log; null when it is authentic. Pure. */
  refusal(delivery: Delivery, evidence: CertificateEvidence): string | null;
}

/** A signature or token that is made with a secret of the connection, such as an HMAC. */
export interface SecretProof {
  kind: 'secret';
  /**
   * Name of the secret among those of the connection. A connection without it, because it
   * authenticates in another way, takes no deliveries.
   */
  secret: string;
  /** Why a delivery is not authentic, for our log; null when it is authentic. Pure. */
  refusal(delivery: Delivery, evidence: { secret: string; now: Date }): string | null;
}

/** The webhooks by which a provider reports changes. */
export interface WebhookDefinition<Settings = unknown> {
  events: readonly string[];
  proof: CertificateProof | SecretProof;
  /** The largest body in bytes, at most 1 MiB. Default 64 KiB. */
  maxBytes?: number;
  /** Parses the body of an authentic delivery. Throws RecordRejected when no event is in it. Pure. */
  parse(body: string): DeliveredEvent[];
  /** Absent when the address is entered at the provider by hand. */
  registration?: WebhookRegistration<Settings>;
}
