import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { z } from 'zod';
import type { DeliveredEvent, WebhookDefinition } from '../contract/events.ts';
import { RecordRejected } from '../contract/source.ts';
import { normalizeId } from './ids.ts';
import type { SalesforceSettings } from './settings.ts';
import { fetchOrganizationId } from './who-am-i.ts';

/** The objects that are read here. Messages about others are acknowledged and have no effect. */
const OBJECTS = [
  'Lead',
  'Contact',
  'Account',
  'Opportunity',
  'Task',
  'Event',
  'Note',
  'ContentNote',
] as const;
const READ: ReadonlySet<string> = new Set(OBJECTS);
/** One message holds up to 100 notifications, each with the fields that an administrator chose. */
const MAX_BYTES = 1024 * 1024;
/** Envelope, body, notifications, notification, object, field: more is no message. */
const MAX_DEPTH = 12;
const SOAP = 'http://schemas.xmlsoap.org/soap/envelope/';
const OUTBOUND = 'http://soap.sforce.com/2005/09/outbound';

/**
 * Outbound messages of workflow rules and flows. They are not signed: whoever sends one has to know
 * the token in the address, and the organisation that the message names has to be that of the
 * connection. A message is sent again for 24 hours until it is acknowledged in the form of the WSDL,
 * in any order and more than once. Source:
 * https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_om_outboundmessaging.htm
 */
export const outboundMessage: WebhookDefinition<SalesforceSettings> = {
  events: OBJECTS,
  proof: { kind: 'token', place: 'query', name: 'token' },
  maxBytes: MAX_BYTES,
  parse,
  acknowledgement: {
    contentType: 'text/xml; charset=utf-8',
    body:
      '<?xml version="1.0" encoding="UTF-8"?>\n' +
      `<soapenv:Envelope xmlns:soapenv="${SOAP}"><soapenv:Body>` +
      `<notificationsResponse xmlns="${OUTBOUND}"><Ack>true</Ack></notificationsResponse>` +
      '</soapenv:Body></soapenv:Envelope>',
  },
  findAccount: fetchOrganizationId,
};

/** Elements are told by their names without the prefixes, which a sender may choose. */
const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  removeNSPrefix: true,
  parseTagValue: false,
  parseAttributeValue: false,
  processEntities: false,
  maxNestedTags: MAX_DEPTH,
  isArray: (name) => name === 'Notification',
});

const id = z
  .string()
  .regex(/^[a-zA-Z0-9]{15}(?:[a-zA-Z0-9]{3})?$/)
  .transform(normalizeId);
/** Empty elements are text. A record that was deleted meanwhile comes without its data. */
const notification = z.looseObject({
  Id: id,
  sObject: z
    .looseObject({
      '@type': z.string().optional().catch(undefined),
      Id: id.optional().catch(undefined),
    })
    .optional()
    .catch(undefined),
});
/** What else is in a message is not looked at, the id of a session least of all. */
const message = z.looseObject({
  Envelope: z.looseObject({
    Body: z.looseObject({
      notifications: z.looseObject({
        OrganizationId: id,
        Notification: z.array(z.unknown()).min(1),
      }),
    }),
  }),
});

/** The notifications about objects that are read here. Throws RecordRejected for other texts. */
function parse(body: string): DeliveredEvent[] {
  const parsed = message.safeParse(readXml(body));
  if (!parsed.success) throw new RecordRejected('The body is not an outbound message.');
  const { OrganizationId: account, Notification: items } = parsed.data.Envelope.Body.notifications;
  const found = items.flatMap((item) => notification.safeParse(item).data ?? []);
  if (found.length === 0) throw new RecordRejected('The outbound message has no notification.');
  return found.flatMap(({ Id: key, sObject }) => {
    const type = sObject?.['@type']?.replace(/^.*:/, '');
    return type === undefined || READ.has(type)
      ? [
          {
            key,
            event: type ?? 'unknown',
            resourceId: sObject?.Id ?? null,
            occurredAt: null,
            account,
          },
        ]
      : [];
  });
}

/**
 * The elements of a text; undefined when it is not well-formed. A document type, which alone can
 * declare entities, is not allowed in SOAP (https://www.w3.org/TR/2000/NOTE-SOAP-20000508/, section
 * 3), so no text with one is parsed at all.
 */
function readXml(text: string): unknown {
  if (text.includes('<!DOCTYPE') || text.includes('<!ENTITY')) return undefined;
  try {
    return XMLValidator.validate(text) === true ? parser.parse(text) : undefined;
  } catch {
    return undefined;
  }
}
