import { setTimeout as sleep } from 'node:timers/promises';
import { serialId } from './ids.ts';
import type { Org } from './org.ts';

/** A record that a rule reports; without an id, one that was deleted before the message was sent. */
export interface ReportedRecord {
  /** Name of the object, standard or custom. */
  object: string;
  id?: string;
  /** Fields that the administrator has added to the message. */
  fields?: Record<string, string>;
}

interface MessageOptions {
  /** The id of a session, which an administrator may have sent along. */
  sessionId?: string;
  /** Default: that of the organisation. */
  organizationId?: string;
}

/** As documented; the pauses between attempts are those of a sandbox, 24 hours are 12 attempts. */
const MAX_NOTIFICATIONS = 100;
const ATTEMPTS = 12;
const PAUSE_MS = 20;
const OUTBOUND = 'http://soap.sforce.com/2005/09/outbound';

/** Sends outbound messages of organisations to the endpoints that their administrators entered. */
export class OutboundMessages {
  readonly #org: (name: string) => Org;
  #serial = 0;

  constructor(org: (name: string) => Org) {
    this.#org = org;
  }

  /** What would be sent, for those who send it themselves or change it on its way. */
  message(
    org: string,
    records: readonly ReportedRecord[],
    { sessionId, organizationId = this.#org(org).id }: MessageOptions = {},
  ): { headers: Record<string, string>; body: string } {
    if (records.length === 0 || records.length > MAX_NOTIFICATIONS)
      throw new Error('An outbound message has 1 to 100 notifications.');
    const host = 'https://acme.my.salesforce.com/services/Soap';
    const body = [
      '<?xml version="1.0" encoding="UTF-8"?>',
      '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" ' +
        'xmlns:xsd="http://www.w3.org/2001/XMLSchema" ' +
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">',
      ' <soapenv:Body>',
      `  <notifications xmlns="${OUTBOUND}">`,
      `   <OrganizationId>${organizationId}</OrganizationId>`,
      `   <ActionId>${serialId('04k', 1)}</ActionId>`,
      sessionId === undefined
        ? '   <SessionId xsi:nil="true"/>'
        : `   <SessionId>${escapeXml(sessionId)}</SessionId>`,
      `   <EnterpriseUrl>${host}/c/64.0/${organizationId}</EnterpriseUrl>`,
      `   <PartnerUrl>${host}/u/64.0/${organizationId}</PartnerUrl>`,
      ...records.map((record) => this.#notification(record)),
      '  </notifications>',
      ' </soapenv:Body>',
      '</soapenv:Envelope>',
    ].join('\n');
    return { headers: { 'content-type': 'text/xml; charset=UTF-8', soapaction: '""' }, body };
  }

  #notification({ object, id, fields = {} }: ReportedRecord): string {
    const values = Object.entries({ ...(id !== undefined && { Id: id }), ...fields })
      .map(([name, value]) => `     <sf:${name}>${escapeXml(value)}</sf:${name}>`)
      .join('\n');
    const type = `xsi:type="sf:${object}" xmlns:sf="urn:sobject.enterprise.soap.sforce.com"`;
    return [
      '   <Notification>',
      `    <Id>${serialId('04l', (this.#serial += 1))}</Id>`,
      id === undefined
        ? `    <sObject ${type}/>`
        : `    <sObject ${type}>\n${values}\n    </sObject>`,
      '   </Notification>',
    ].join('\n');
  }

  /**
   * Sends one message until it is acknowledged, twelve times at most. @returns whether each attempt
   * was, with its status, 0 for no answer
   */
  async deliver(
    org: string,
    url: string,
    records: readonly ReportedRecord[],
    options: MessageOptions = {},
  ): Promise<{ status: number; acknowledged: boolean }[]> {
    const message = this.message(org, records, options);
    const attempts: { status: number; acknowledged: boolean }[] = [];
    while (attempts.length < ATTEMPTS && attempts.at(-1)?.acknowledged !== true) {
      if (attempts.length > 0) await sleep(PAUSE_MS);
      attempts.push(await send(url, message));
    }
    return attempts;
  }
}

async function send(
  url: string,
  message: { headers: Record<string, string>; body: string },
): Promise<{ status: number; acknowledged: boolean }> {
  try {
    const response = await fetch(url, { method: 'POST', redirect: 'manual', ...message });
    const acknowledged = isAcknowledgement(response, await response.text());
    return { status: response.status, acknowledged };
  } catch {
    return { status: 0, acknowledged: false };
  }
}

/** Status 200 alone is none: the answer has to be the element of the WSDL, in its namespace. */
const ACKNOWLEDGEMENT = new RegExp(
  '^(?:<\\?xml [^>]*\\?>)?\\s*<(\\w+):Envelope xmlns:\\1="http://schemas\\.xmlsoap\\.org/soap/envelope/"' +
    `[^>]*>\\s*<\\1:Body>\\s*<notificationsResponse xmlns="${OUTBOUND.replaceAll('.', '\\.')}">` +
    '\\s*<Ack>true</Ack>\\s*</notificationsResponse>\\s*</\\1:Body>\\s*</\\1:Envelope>\\s*$',
);

const isAcknowledgement = ({ status, headers }: Response, body: string): boolean =>
  status === 200 &&
  (headers.get('content-type') ?? '').startsWith('text/xml') &&
  ACKNOWLEDGEMENT.test(body);

const escapeXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
