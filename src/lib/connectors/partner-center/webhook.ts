import { createHash, verify } from 'node:crypto';
import { z } from 'zod';
import { hasTrustedChain } from '../../platform/certificates.ts';
import { RecordRejected } from '../contract/source.ts';
import type {
  DeliveredEvent,
  Delivery,
  DeliveryProof,
  WebhookDefinition,
} from '../contract/events.ts';
import type { PartnerCenterSettings } from './settings.ts';
import { registration, WEBHOOK_EVENTS } from './webhook-registration.ts';

/**
 * The storage account of the documented example. Never `*.blob.core.windows.net`: anybody can have
 * a name below that. Source:
 * https://learn.microsoft.com/en-us/partner-center/developer/partner-center-webhooks
 */
const CERTIFICATE_HOST = '3psostorageacct.blob.core.windows.net';
const ISSUER = 'O=Microsoft Corporation';
/** What may stand behind `rsa-`. SHA-1 can be forged and is not among them. */
const HASHES = new Set(['sha256', 'sha384', 'sha512']);
const MIN_KEY_BITS = 2048;
/** One base64 text and nothing around it. */
const BASE64 = /^[A-Za-z0-9+/]{40,2000}={0,2}$/;

/**
 * Notices of Partner Center: signed over the raw body by a key whose certificate the delivery
 * names. They are the same for everybody who registered, so that one may be sent on to others; it
 * only makes them look.
 */
export const webhook: WebhookDefinition<PartnerCenterSettings> = {
  events: WEBHOOK_EVENTS,
  certificate: { hosts: [CERTIFICATE_HOST], url: ({ headers }) => headers['x-ms-certificate-url'] },
  refusal,
  parse,
  registration,
};

function refusal(delivery: Delivery, { certificates, trusted, now }: DeliveryProof): string | null {
  const signature = readSignature(delivery);
  const hash = readHash(delivery);
  const [certificate, ...others] = certificates;
  if (signature === undefined) return 'It carries no signature.';
  if (hash === undefined) return 'Its signature is of a kind that is not taken.';
  if (certificate === undefined || certificate.ca)
    return 'Its certificate is none that signs messages.';
  if (!certificate.issuer.split('\n').includes(ISSUER))
    return 'Its certificate was not issued by Microsoft.';
  if (!hasTrustedChain(certificate, { trusted, others, now }))
    return 'Its certificate does not lead to one that is trusted, or is not valid now.';
  const key = certificate.publicKey;
  if (
    key.asymmetricKeyType !== 'rsa' ||
    (key.asymmetricKeyDetails?.modulusLength ?? 0) < MIN_KEY_BITS
  )
    return 'Its key is of a kind that is not taken.';
  return verify(hash, delivery.body, key, signature)
    ? null
    : 'Its signature does not fit its body.';
}

/** `x-ms-signature` when it was registered so, else `Authorization: Signature …`. */
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
const payloadSchema = z.looseObject({
  EventName: z.string().trim().min(1).max(100),
  ResourceUri: optional,
  ResourceName: optional,
  ResourceChangeUtcDate: optional,
});

/**
 * There is no id of the event: its name, what it is about and when it happened tell it from others.
 */
function parse(body: string): DeliveredEvent {
  const parsed = payloadSchema.safeParse(tryParseJson(body));
  if (!parsed.success) throw new RecordRejected('The body is not a notice of Partner Center.');
  const {
    EventName: event,
    ResourceUri: uri = null,
    ResourceChangeUtcDate: changed = null,
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
 * The last part of the address. Whether the address itself may be called is not documented: it
 * never is.
 */
function parseResourceId(uri: string | null): string | null {
  const last =
    uri === null ? undefined : URL.parse(uri, 'https://host.invalid/')?.pathname.split('/').at(-1);
  return last !== undefined && /^[\w-]{1,200}$/.test(last) ? last : null;
}

function tryParseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
