import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { providers } from '#lib/connectors/registry.ts';
import { linkRelations, linkedEntities } from '#lib/records/link.ts';

/** The stream of a provider, and the items of its fixture. */
function open(provider: string, name: string) {
  const stream = providers
    .find(({ key }) => key === provider)
    ?.streams.find((each) => each.name === name);
  if (stream?.links === undefined) throw new Error(`${provider} ${name} states no links`);
  const body = readFileSync(`src/lib/connectors/${provider}/fixtures/${name}.json`, 'utf8');
  return { links: (item: unknown) => stream.links?.(item) ?? [], items: stream.parse(body) };
}

const table = '@Microsoft.Dynamics.CRM.lookuplogicalname';
const lookup = (column: string, target: string, id: string) => ({
  [`_${column}_value`]: id,
  [`_${column}_value${table}`]: target,
});

describe('what a system states of its own records', () => {
  it('is well formed for every item of every fixture', () => {
    const stating = providers.flatMap(({ key, streams }) =>
      streams.filter(({ links }) => links !== undefined).map(({ name }) => [key, name] as const),
    );
    expect(stating.length).toBeGreaterThan(3);
    for (const [key, name] of stating) {
      const { links, items } = open(key, name);
      for (const { relation, entity, externalId } of items.flatMap(links)) {
        expect(linkRelations).toContain(relation);
        expect(linkedEntities).toContain(entity);
        expect(externalId).not.toBe('');
      }
    }
  });

  it('is what a lead of Dynamics 365 was qualified into, and what an opportunity came from', () => {
    const { links } = open('dynamics-365', 'leads');
    const lead = {
      leadid: 'l-1',
      ...lookup('parentcontactid', 'contact', 'c-1'),
      ...lookup('parentaccountid', 'account', 'a-1'),
      ...lookup('qualifyingopportunityid', 'opportunity', 'o-1'),
    };
    expect(links(lead)).toEqual([
      { relation: 'same', entity: 'contact', externalId: 'c-1' },
      { relation: 'parent', entity: 'company', externalId: 'a-1' },
      { relation: 'same', entity: 'opportunity', externalId: 'o-1' },
    ]);
    expect(links({ leadid: 'l-1' })).toEqual([]);
    const deal = open('dynamics-365', 'opportunities').links;
    expect(deal({ opportunityid: 'o-1', ...lookup('originatingleadid', 'lead', 'l-1') })).toEqual([
      { relation: 'same', entity: 'lead', externalId: 'l-1' },
    ]);
    expect(deal({ opportunityid: 'o-1', ...lookup('originatingleadid', 'else', 'l-1') })).toEqual(
      [],
    );
  });

  it('is what a lead of Salesforce was converted into, by ids of 18 characters', () => {
    const { links } = open('salesforce', 'leads');
    expect(
      links({
        Id: '00Q5g00000AbCdE',
        ConvertedContactId: '0035g00000AbCdE',
        ConvertedAccountId: null,
        ConvertedOpportunityId: '0065g00000AbCdEAAU',
      }),
    ).toEqual([
      { relation: 'same', entity: 'contact', externalId: expect.stringMatching(/^003.{15}$/) },
      { relation: 'same', entity: 'opportunity', externalId: expect.stringMatching(/^006.{15}$/) },
    ]);
  });

  it('is the contact of a lead of HubSpot, and never a deal', () => {
    const about = { links: { contacts: ['7', '8'], companies: ['9'], deals: ['5'] } };
    expect(open('hubspot', 'leads').links({ id: '1', properties: {}, about })).toEqual([
      { relation: 'same', entity: 'contact', externalId: '7' },
      { relation: 'parent', entity: 'company', externalId: '9' },
    ]);
    expect(open('hubspot', 'contactLeads').links({ id: '1', properties: {} })).toEqual([
      { relation: 'same', entity: 'contact', externalId: '1' },
    ]);
  });
});
