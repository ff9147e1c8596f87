import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { salesforce } from '#lib/connectors/salesforce/index.ts';

const parse = (body: string) => salesforce.webhook?.parse(body) ?? [];
const rejected: unknown = expect.objectContaining({ name: 'RecordRejected' });

/** A message in the form of the documentation, with prefixes as Salesforce chooses them. */
const wrap = (notifications: string, organization = '00D000000000001') =>
  '<?xml version="1.0" encoding="UTF-8"?>' +
  '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" ' +
  'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>' +
  '<notifications xmlns="http://soap.sforce.com/2005/09/outbound">' +
  `<OrganizationId>${organization}</OrganizationId><ActionId>04k000000000001</ActionId>` +
  `<SessionId xsi:nil="true"/>${notifications}</notifications>` +
  '</soapenv:Body></soapenv:Envelope>';
const notify = (id: string, type: string, record: string) =>
  `<Notification><Id>${id}</Id><sObject xsi:type="sf:${type}" xmlns:sf="urn:x">` +
  `<sf:Id>${record}</sf:Id></sObject></Notification>`;

describe('an outbound message', () => {
  it('gives one event for each notification, with ids of 18 characters', () => {
    const one = notify('04l000000000001', 'Lead', '00Q000000000001');
    const two = notify('04l000000000002AAA', 'Opportunity', '006000000000002AAA');
    expect(parse(wrap(one + two))).toEqual([
      {
        key: '04l000000000001AAA',
        event: 'Lead',
        resourceId: '00Q000000000001EAA',
        occurredAt: null,
        account: '00D000000000001EAA',
      },
      {
        key: '04l000000000002AAA',
        event: 'Opportunity',
        resourceId: '006000000000002AAA',
        occurredAt: null,
        account: '00D000000000001EAA',
      },
    ]);
  });

  it('is understood with other prefixes, more elements, and without what is optional', () => {
    const other = wrap(notify('04l000000000001', 'Task', '00T000000000001'))
      .replaceAll('soapenv:', 'S:')
      .replace(':soapenv', ':S')
      .replace('<S:Body>', '<S:Header><x/></S:Header><S:Body>');
    expect(parse(other)).toMatchObject([{ event: 'Task' }]);
    const bare = '<Notification><Id>04l000000000001</Id></Notification>';
    const nil = '<Notification><Id>04l000000000002</Id><sObject xsi:nil="true"/></Notification>';
    const untyped = '<Notification><Id>04l000000000003</Id><sObject>text</sObject></Notification>';
    expect(parse(wrap(bare + nil + untyped))).toMatchObject(
      [1, 2, 3].map(() => ({ event: 'unknown', resourceId: null })),
    );
  });

  it('gives none about objects that are not read, or named like parts of JavaScript', () => {
    for (const type of ['Case', 'My_Lead__c', 'constructor', '__proto__', 'lead'])
      expect(parse(wrap(notify('04l000000000001', type, '500000000000001')))).toEqual([]);
  });

  it('is refused without an organisation, a notification or ids', () => {
    const one = notify('04l000000000001', 'Lead', '00Q000000000001');
    for (const body of [
      wrap(one, ''),
      wrap(one, '00D'),
      wrap(''),
      wrap('<Notification/>'),
      wrap(notify('none', 'Lead', '00Q000000000001')),
      wrap(one).replace('notifications xmlns', 'other xmlns').replace('/notifications', '/other'),
    ])
      expect(() => parse(body), body).toThrow(rejected);
  });

  it('expands no entity, and is refused with a document type', () => {
    const one = notify('04l000000000001', 'Lead', '00Q000000000001');
    const type = '<!DOCTYPE x [<!ENTITY a "00D000000000001">]>';
    expect(() => parse(wrap(one, '&a;').replace('?>', `?>${type}`))).toThrow(rejected);
    expect(() => parse(wrap(one, '&a;'))).toThrow(rejected);
    expect(() => parse(wrap(one, '&#48;0D000000000001'))).toThrow(rejected);
  });

  it('is an event or a refusal in words, whatever the text', () => {
    const part = fc.constantFrom(
      wrap(''),
      '<a>',
      '</a>',
      '<Notification>',
      ']]>',
      '<![CDATA[',
      '<!--',
      '-->',
      '&a;',
      '<?x',
      '<!DOCTYPE',
      '\u0000',
    );
    const text = fc.oneof(
      fc.string(),
      fc.array(part).map((parts) => parts.join('')),
      fc.array(part).map((parts) => wrap(parts.join(''))),
    );
    fc.assert(
      fc.property(text, (body) => {
        try {
          expect(parse(body).every(({ key }) => /^\w{18}$/.test(key))).toBe(true);
        } catch (error) {
          expect(error).toEqual(rejected);
        }
      }),
    );
  });
});
