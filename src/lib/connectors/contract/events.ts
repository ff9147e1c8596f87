import type { X509Certificate } from 'node:crypto';
import type { HttpClient } from '../../platform/http/types.ts';
import type { CallContext } from './source.ts';

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
  /** It says that our registration has to be renewed, and of no change. A job does so at once. */
  asksRenewal?: boolean;
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
  /** When it ends unless it is renewed; absent when it does not end. */
  endsAt?: Date;
}

export interface RegistrationContext<Settings> {
  /** Sends requests with a token for the registration API, and only to its hosts. */
  http: HttpClient;
  settings: Settings;
}

/**
 * The API for registering a webhook, which needs tokens of its own. A job keeps the registration:
 * made after connecting, looked at daily, renewed before it ends, taken back when the connection is
 * paused.
 */
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
  /**
   * Gives a registration a new end, and consents to it again where the provider asks for that. Absent
   * when registrations do not end. Throws RemoteError.
   */
  renew?(context: RegistrationContext<Settings>, known: RegisteredWebhook): Promise<void>;
  /** Ends deliveries to a registration of ours. Throws RemoteError. */
  remove(context: RegistrationContext<Settings>, known: RegisteredWebhook): Promise<void>;
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

/**
 * A token that we make for the connection and that comes with each delivery. Whoever learns it can
 * send deliveries, so where events name an account, each must name that of the connection.
 */
export interface TokenProof {
  kind: 'token';
  /** It is a parameter of the address, a header, or the password of HTTP basic (RFC 7617). */
  place: 'query' | 'header' | 'basic';
  /** Name of the parameter or of the header, in lower case, or the name of the user. */
  name: string;
}

/**
 * The provider asks whether an address is ours with a parameter whose value has to come back as
 * plain text. It proves nothing, and neither does the answer, which is the same for every address.
 */
interface EchoChallenge {
  kind: 'echo';
  parameter: string;
}

/** The provider asks with a delivery that is proved, and answered in JSON with its own secret. */
interface HashChallenge {
  kind: 'hash';
  /** The answer to the body of an authentic delivery; null when it asks nothing. Pure. */
  answer(body: string, secret: string): Record<string, string> | null;
}

/** What a delivery is answered with, besides the status 200. */
export interface DeliveryAnswer {
  contentType: string;
  body: string;
}

/** The webhooks by which a provider reports changes. */
export interface WebhookDefinition<Settings = unknown> {
  events: readonly string[];
  proof: CertificateProof | SecretProof | TokenProof;
  /** The largest body in bytes, at most 1 MiB. Default 64 KiB. */
  maxBytes?: number;
  /**
   * Parses the body of an authentic delivery; no event when none of them matters here. Throws
   * RecordRejected when it is no delivery. Pure.
   */
  parse(body: string): DeliveredEvent[];
  /** A question that comes before or among deliveries. A hash needs a `secret` proof. */
  challenge?: EchoChallenge | HashChallenge;
  /** What the provider takes for an acknowledgement. Absent when the status is enough. */
  acknowledgement?: DeliveryAnswer;
  /**
   * Asks for the id of the account where no sign-in named it; null when nothing tells it. Absent
   * when sign-ins always do, or deliveries name no account. Throws RemoteError.
   */
  findAccount?(context: CallContext<Settings>): Promise<string | null>;
  /**
   * The app has one address for the accounts of all its users. One that belongs to the deployment
   * (OAUTH_CLIENTS) sends to the address of the provider, and each event reaches the connections of
   * its account.
   */
  ofApp?: true;
  /** Absent when the address is entered at the provider by hand. */
  registration?: WebhookRegistration<Settings>;
}
