import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { RecordRejected } from '../contract/source.ts';
import type { DeliveredEvent, Delivery, WebhookDefinition } from '../contract/events.ts';
import { tryParseJson } from '../kit/json.ts';
import type { HubSpotSettings } from './settings.ts';

/** Of the object types that are read here; an app may subscribe to more. */
const EVENTS = ['contact', 'company', 'deal', 'object'].flatMap((type) =>
  ['creation', 'propertyChange', 'deletion', 'restore', 'merge', 'associationChange'].map(
    (change) => `${type}.${change}`,
  ),
);
/** Deliveries are refused whose time is further away, as HubSpot demands for past ones. */
const MAX_SKEW_MS = 300_000;
/** HubSpot sends up to 100; more are refused only where they would become a burden. */
const MAX_EVENTS = 1_000;
/** 100 events, some of which name the new value of a long text. */
const MAX_BYTES = 1024 * 1024;
/** The last instant that has a year of four digits. */
const MAX_TIME_MS = Date.UTC(9999, 11, 31);
/** 32 bytes in base64. */
const SIGNATURE = /^[A-Za-z0-9+/]{43}=$/;
/** Encodings that HubSpot writes as the characters themselves when it signs an address. */
const DECODED = /%(?:3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)/gi;

/**
 * Webhooks of an app, which has one target URL for all accounts: that of the deployment's app is the
 * address of the provider, that of an app of a customer's own the address of a connection. They are
 * signed with the app's client secret, so only connections that were made by signing in with it take
 * any. Source:
 * https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/request-validation
 */
export const webhook: WebhookDefinition<HubSpotSettings> = {
  events: EVENTS,
  proof: { kind: 'secret', secret: 'clientSecret', refusal },
  maxBytes: MAX_BYTES,
  parse,
  ofApp: true,
};

/** Checks version 3 of the signature; older ones cover no time and could be replayed for ever. */
function refusal(
  delivery: Delivery,
  { secret, now }: { secret: string; now: Date },
): string | null {
  const { 'x-hubspot-signature-v3': given = '', 'x-hubspot-request-timestamp': time = '' } =
    delivery.headers;
  if (!SIGNATURE.test(given)) return 'It has no signature of version 3.';
  if (!/^\d{1,15}$/.test(time)) return 'It has no time.';
  if (Math.abs(now.getTime() - Number(time)) > MAX_SKEW_MS)
    return 'Its time is more than five minutes away.';
  return timingSafeEqual(Buffer.from(given), Buffer.from(sign(delivery, time, secret)))
    ? null
    : 'Its signature does not match it.';
}

function sign({ method, url, body }: Delivery, time: string, secret: string): string {
  const uri = url.replace(DECODED, (encoded) => decodeURIComponent(encoded));
  return createHmac('sha256', secret)
    .update(`${method}${uri}`)
    .update(body)
    .update(time)
    .digest('base64');
}

const id = z.union([z.int().nonnegative(), z.string().regex(/^\d{1,20}$/)]).transform(String);
const optionalId = id.nullish().catch(null);
const event = z.looseObject({
  portalId: id,
  /** Any type, known or not: each says that something has changed. */
  subscriptionType: z.string().regex(/^[\w.:-]{1,100}$/),
  occurredAt: z.coerce.number().int().min(1).max(MAX_TIME_MS).nullish().catch(null),
  eventId: optionalId,
  subscriptionId: optionalId,
  objectId: optionalId,
  fromObjectId: optionalId,
  toObjectId: optionalId,
  propertyName: z.string().nullish().catch(null),
});
const list = z.array(z.unknown()).min(1).max(MAX_EVENTS);

/** The events of a body that can be read; throws RecordRejected when there is none. */
function parse(body: string): DeliveredEvent[] {
  const events = (list.safeParse(tryParseJson(body)).data ?? []).flatMap((item) => {
    const { data } = event.safeParse(item);
    return data === undefined ? [] : [toEvent(data)];
  });
  if (events.length === 0)
    throw new RecordRejected('The body is not a list with events of HubSpot.');
  return events;
}

function toEvent(given: z.output<typeof event>): DeliveredEvent {
  const { portalId, subscriptionType, objectId } = given;
  const occurredAt = given.occurredAt ?? null;
  return {
    key: toKey(given),
    event: subscriptionType,
    resourceId: objectId ?? given.fromObjectId ?? null,
    occurredAt: occurredAt === null ? null : new Date(occurredAt),
    account: portalId,
  };
}

/**
 * A digest of what says which event it is. The number of the attempt is not part of it; the event's
 * own id is not unique, so it does not stand alone.
 */
const toKey = (given: z.output<typeof event>): string =>
  createHash('sha256')
    .update(
      JSON.stringify([
        given.portalId,
        given.eventId,
        given.subscriptionId,
        given.subscriptionType,
        given.occurredAt,
        given.objectId,
        given.fromObjectId,
        given.toObjectId,
        given.propertyName,
      ]),
    )
    .digest('base64url');
