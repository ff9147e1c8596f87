import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { referralRecord, type ReferralRecord } from '#lib/records/referral.ts';
import { parseCompanyDomain } from '#lib/records/company-domain.ts';
import { partnerCenter } from '#lib/connectors/partner-center/index.ts';
import { readReferralId } from '#lib/connectors/partner-center/item.ts';
import { partnerCenterSettings } from '#lib/connectors/partner-center/settings.ts';
import { classifyReferral } from '#lib/connectors/partner-center/referral-type.ts';
import { findStream, mapperOf } from '../streams.ts';

const toRecord = await mapperOf(
  findStream(partnerCenter.streams, 'referrals'),
  partnerCenterSettings.parse({}),
);
const mapReferral = (item: unknown) => toRecord(item) as ReferralRecord;

describe('the domain of a company', () => {
  it.each([
    ['https://www.Alder-Dental.co.uk/contact?x=1', [], 'alder-dental.co.uk'],
    ['shop.eu.northlake.com', [], 'northlake.com'],
    ['http://münchen-bau.de', [], 'xn--mnchen-bau-9db.de'],
    ['https://acme.github.io/site', [], 'acme.github.io'],
    [null, ['urs.keller@mail.cedargrove.ch'], 'cedargrove.ch'],
    [null, ['dana@gmail.com', 'dana@Yarrow.co.jp'], 'yarrow.co.jp'],
    ['not a site', ['a@b.example.org'], 'example.org'],
    ['http://10.0.0.1/', ['a@wren.ie'], 'wren.ie'],
  ])('of %s and %j is %s', (website, emails, domain) => {
    expect(parseCompanyDomain(website, emails)).toEqual({ domain, reason: null });
  });

  it.each([
    [null, [], 'There is neither a website nor an e-mail address.'],
    [
      null,
      ['x@outlook.com'],
      'There is no website, and the e-mail addresses are of a mailbox provider.',
    ],
    ['co.uk', ['nobody'], 'Neither the website nor an e-mail address holds a domain.'],
    ['http://localhost', [], 'Neither the website nor an e-mail address holds a domain.'],
  ])('is not known from %s and %j, and says why', (website, emails, reason) => {
    expect(parseCompanyDomain(website, emails)).toEqual({ domain: null, reason });
  });

  it('is either a domain in lower case or a reason, whatever is typed', () => {
    fc.assert(
      fc.property(
        fc.option(fc.oneof(fc.string(), fc.webUrl())),
        fc.array(fc.oneof(fc.string(), fc.emailAddress()), { maxLength: 3 }),
        (website, emails) => {
          const { domain, reason } = parseCompanyDomain(website, emails);
          expect(domain === null).toBe(reason !== null);
          if (domain !== null) expect(domain).toBe(domain.toLowerCase());
        },
      ),
    );
  });
});

describe('the category of a referral', () => {
  it.each([
    ['Independent', 'Direct', 'msft', 'marketplace'],
    ['Independent', 'Direct', null, 'marketplace'],
    ['Independent', 'SalesQualified', 'msft', 'solution-provider'],
    ['Independent', 'MarketingQualified', 'msft', 'solution-provider'],
    ['Independent', 'SalesQualified', 'some-partner', 'co-sell'],
    ['Independent', 'None', 'some-partner', 'co-sell'],
    ['Shared', 'SalesQualified', 'some-partner', 'co-sell'],
    ['Shared', 'None', null, 'co-sell'],
    ['Independent', 'MarketingQualified', 'some-partner', 'solution-provider'],
    [null, null, null, 'solution-provider'],
  ])('%s, %s, invited by %s is %s', (type, qualification, invitedBy, expected) => {
    expect(classifyReferral({ type, qualification, invitedBy })).toBe(expected);
    expect(
      classifyReferral({
        type: type?.toUpperCase() ?? null,
        qualification: qualification?.toLowerCase() ?? null,
        invitedBy: invitedBy?.toUpperCase() ?? null,
      }),
    ).toBe(expected);
  });
});

describe('a referral as a record', () => {
  const item = {
    id: 'r1',
    createdDateTime: '2026-10-02T09:15:30.5485487Z',
    updatedDateTime: '2018-02-17T00:05:39.5485487+02:00',
    status: 'New',
    customerProfile: { name: 'Alder', ids: [] },
  };

  it('takes the domain of the people where the website is a page of a platform', () => {
    const customerProfile = {
      name: 'Joe',
      website: 'https://www.facebook.com/joes',
      team: [{ email: 'joe@gmail.com' }, { email: 'Pat <pat@acme-three.example>' }],
    };
    expect(mapReferral({ ...item, customerProfile })).toMatchObject({
      domain: 'acme-three.example',
      domainReason: null,
    });
    expect(
      mapReferral({ ...item, customerProfile: { ...customerProfile, team: [] } }).domainReason,
    ).toContain('platform that many companies share');
  });

  it('reads times with seven digits, without a zone, and the year 1 as none', () => {
    expect(mapReferral(item)).toMatchObject({
      sourceCreatedAt: new Date('2026-10-02T09:15:30.548Z'),
      sourceUpdatedAt: new Date('2018-02-16T22:05:39.548Z'),
    });
    expect(
      mapReferral({
        ...item,
        createdDateTime: '2026-10-02T09:15:30',
        updatedDateTime: '0001-01-01T00:00:00',
      }),
    ).toMatchObject({ sourceCreatedAt: new Date('2026-10-02T09:15:30Z'), sourceUpdatedAt: null });
  });

  it.each([
    [45_000, '45000.00'],
    [128_500.5, '128500.50'],
    [99.999, '100.00'],
    ['1250.5', '1250.50'],
    ['45.000', null],
    ['99999999999999999', null],
    ['a lot', null],
    [0, '0.00'],
    [null, null],
    ['', null],
  ])('takes the deal value %j as %s', (dealValue, expected) => {
    expect(mapReferral({ ...item, details: { dealValue } }).dealValue).toBe(expected);
  });

  it('reads a deal value with the sign of its own currency only', () => {
    const valueOf = (dealValue: string, currency: string | null) =>
      mapReferral({ ...item, details: { dealValue, currency } }).dealValue;
    expect(valueOf('€1.250,50', 'EUR')).toBe('1250.50');
    expect([valueOf('€1.250,50', 'USD'), valueOf('€1.250,50', null)]).toEqual([null, null]);
    expect(valueOf('1250.50', 'dollars')).toBe('1250.50');
  });

  it.each([
    ['1to9employees', 1],
    ['10to50employees', 10],
    ['251to1000employees', 251],
    ['10001to20000employees', 10_001],
    ['Morethan20000employees', 20_000],
    ['Morethan500employees', 500],
    ['None', null],
    ['', null],
    [null, null],
  ])('takes %j people as at least %j', (size, employees) => {
    expect(mapReferral({ ...item, customerProfile: { name: 'Alder', size } }).employees).toBe(
      employees,
    );
  });

  it('has states in the documented case, and others as they are', () => {
    expect(
      mapReferral({ ...item, status: 'CLOSED', substatus: 'won', direction: 'incoming' }),
    ).toMatchObject({ status: 'Closed', substatus: 'Won', direction: 'Incoming' });
    expect(mapReferral({ ...item, status: 'Paused', substatus: null })).toMatchObject({
      status: 'Paused',
      substatus: null,
    });
  });

  it('is rejected without an id, and kept without a date', () => {
    expect(() => mapReferral({ ...item, id: '' })).toThrow(
      expect.objectContaining({ name: 'RecordRejected', field: 'id' }),
    );
    expect(mapReferral({ ...item, createdDateTime: '2026-13-45T00:00:00Z' })).toMatchObject({
      sourceCreatedAt: null,
    });
  });

  it('finds the Azure tenant in each place where it may stand', () => {
    expect(
      mapReferral({ ...item, customerProfile: { name: 'Alder', ids: { AzureTenantId: 't1' } } })
        .azureTenantId,
    ).toBe('t1');
    expect(
      mapReferral({ ...item, customerProfile: { name: 'Alder', tenantId: 't2' } }).azureTenantId,
    ).toBe('t2');
    const ids = [null, [], { Duns: '1' }, { azureTenantId: 't3' }];
    expect(mapReferral({ ...item, customerProfile: { ids } }).azureTenantId).toBe('t3');
    expect(mapReferral(item).azureTenantId).toBeNull();
  });

  it('is a valid record or a rejection with a reason, whatever comes', () => {
    fc.assert(
      fc.property(
        fc.record(
          {
            id: fc.anything(),
            createdDateTime: fc.anything(),
            status: fc.anything(),
            customerProfile: fc.anything(),
            details: fc.anything(),
            inviteContext: fc.anything(),
          },
          { requiredKeys: [] },
        ),
        (broken) => {
          try {
            const { externalId } = mapReferral({ ...item, ...broken });
            expect(externalId).toBe(readReferralId({ ...item, ...broken }));
          } catch (error) {
            expect(error).toMatchObject({ name: 'RecordRejected' });
          }
        },
      ),
    );
    expect(referralRecord.safeParse(mapReferral(item)).success).toBe(true);
  });
});

describe('how often referrals are read', () => {
  const every = (given: object, development: boolean) =>
    partnerCenter.intervalMs?.(partnerCenterSettings.parse(given), development);

  it('is every ten minutes, every half minute in development, or as the connection says', () => {
    expect([
      every({}, false),
      every({}, true),
      every({ pollingMinutes: 30 }, true),
      every({ pollingMinutes: '0.5' }, false),
    ]).toEqual([600_000, 30_000, 1_800_000, 30_000]);
    for (const pollingMinutes of [0, 0.4, 1_441, 'often'])
      expect(partnerCenterSettings.safeParse({ pollingMinutes }).success).toBe(false);
  });
});
