import { createHash, verify, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { hasTrustedChain } from '../../platform/certificates.ts';
import { RecordRejected } from '../contract/source.ts';
import type {
  CertificateEvidence,
  DeliveredEvent,
  Delivery,
  WebhookDefinition,
} from '../contract/events.ts';
import { tryParseJson, withLowerCaseNames } from '../kit/json.ts';
import type { PartnerCenterSettings } from './settings.ts';
import { registration, WEBHOOK_EVENTS } from './webhook-registration.ts';

/**
 * The storage account in the documented example. A wildcard for blob.core.windows.net would not be
 * safe, because anybody can create a name below it. Source:
 * https://learn.microsoft.com/en-us/partner-center/developer/partner-center-webhooks
 */
const CERTIFICATE_HOST = '3psostorageacct.blob.core.windows.net';
/** The one certificate that the same page names. Others are accepted once they have signed. */
const CERTIFICATE_URL = `https://${CERTIFICATE_HOST}/cert/pcnotifications-dispatch.microsoft.com.cer`;
/**
 * Where Microsoft and DigiCert, which signs for Microsoft, keep the certificates of their
 * authorities. Unconfirmed: no document says whether the file above holds more than the signer.
 */
const ISSUER_HOSTS = ['www.microsoft.com', 'caissuers.microsoft.com', 'cacerts.digicert.com'];
const ISSUER = 'O=Microsoft Corporation';
/** Accepted hashes after `rsa-`. SHA-1 is missing because its signatures can be forged. */
const HASHES = new Set(['sha256', 'sha384', 'sha512']);
/** Shorter RSA keys are no longer considered secure (NIST SP 800-131A). */
const MIN_KEY_BITS = 2048;
/** Base64 and nothing else. */
const BASE64 = /^[A-Za-z0-9+/]{40,2000}={0,2}$/;

/**
 * Webhooks of Partner Center. The raw body is signed with a key whose certificate the delivery
 * names. Every subscriber receives the same deliveries, so one can be replayed to others; that does
 * no harm, because a delivery only triggers a pass.
 */
export const webhook: WebhookDefinition<PartnerCenterSettings> = {
  events: WEBHOOK_EVENTS,
  proof: {
    kind: 'certificate',
    hosts: [CERTIFICATE_HOST],
    documented: [CERTIFICATE_URL],
    issuerHosts: ISSUER_HOSTS,
    url: ({ headers }) => headers['x-ms-certificate-url'],
    refusal,
  },
  parse: (body) => [parse(body)],
  registration,
};

function refusal(
  delivery: Delivery,
  { certificates, trusted, now }: CertificateEvidence,
): string | null {
  const signature = readSignature(delivery);
  const hash = readHash(delivery);
  const [certificate, ...others] = certificates;
  if (signature === undefined) return 'It has no signature.';
  if (hash === undefined) return 'The type of its signature is not supported.';
  if (certificate === undefined || certificate.ca)
    return 'Its certificate is missing or is not one for signing messages.';
  if (!certificate.issuer.split('\n').includes(ISSUER))
    return 'Its certificate was not issued by Microsoft.';
  if (!hasTrustedChain(certificate, { trusted, others, now }))
    return 'Its certificate has no trusted issuer, or is not valid at this time.';
  if (!isStrongKey(certificate.publicKey)) return 'The type of its key is not supported.';
  return verify(hash, delivery.body, certificate.publicKey, signature)
    ? null
    : 'Its signature does not match its body.';
}

function isStrongKey({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): boolean {
  return asymmetricKeyType === 'rsa' && (asymmetricKeyDetails?.modulusLength ?? 0) >= MIN_KEY_BITS;
}

/** `x-ms-signature` if it was requested at registration, else `Authorization: Signature …`. */
function readSignature({ headers }: Delivery): Buffer | undefined {
  const given =
    headers['x-ms-signature'] ?? /^Signature (\S+)$/i.exec(headers['authorization'] ?? '')?.[1];
  const text = given?.replace(/^Signature /i, '').trim() ?? '';
  return BASE64.test(text) ? Buffer.from(text, 'base64') : undefined;
}

function readHash({ headers }: Delivery): string | undefined {
  const [scheme, hash, ...rest] = (headers['x-ms-signature-algorithm'] ?? '')
    .trim()
    .toLowerCase()
    .split('-');
  return scheme === 'rsa' && hash !== undefined && rest.length === 0 && HASHES.has(hash)
    ? hash
    : undefined;
}

const optional = z.string().max(2_000).nullish();
/** The guide writes EventName, the specification eventName, so names are compared without case. */
const payloadSchema = z.preprocess(
  withLowerCaseNames,
  z.looseObject({
    eventname: z.string().trim().min(1).max(100),
    resourceuri: optional,
    resourcechangeutcdate: optional,
  }),
);

/**
 * Parses the body. Events have no id, so their key is a digest of the event's name, resource and
 * time.
 */
function parse(body: string): DeliveredEvent {
  const parsed = payloadSchema.safeParse(tryParseJson(body));
  if (!parsed.success) throw new RecordRejected('The body is not an event of Partner Center.');
  const {
    eventname: event,
    resourceuri: uri = null,
    resourcechangeutcdate: changed = null,
  } = parsed.data;
  const at = changed === null ? Number.NaN : Date.parse(changed);
  const key = createHash('sha256')
    .update(JSON.stringify([event, uri, changed]))
    .digest('base64url');
  return {
    key,
    event,
    resourceId: parseResourceId(uri),
    occurredAt: Number.isNaN(at) ? null : new Date(at),
  };
}

/**
 * The last segment of the URI. The URI itself is never requested: the documentation does not say
 * that it may be.
 */
function parseResourceId(uri: string | null): string | null {
  const last =
    uri === null ? undefined : URL.parse(uri, 'https://host.invalid/')?.pathname.split('/').at(-1);
  return last !== undefined && /^[\w-]{1,200}$/.test(last) ? last : null;
}
