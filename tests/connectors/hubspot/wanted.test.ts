import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as objects from '#lib/connectors/hubspot/objects.ts';
import { hubspot } from '#lib/connectors/hubspot/index.ts';
import { hubSpotSettings } from '#lib/connectors/hubspot/settings.ts';
import { findWanted } from '#lib/connectors/hubspot/wanted.ts';
import { line } from '#lib/connectors/kit/mapping.ts';
import { mapStream } from '#lib/connectors/mapped-stream.ts';
import { parseRecord } from '#lib/records/registry.ts';
import { pagesOf } from '../streams.ts';
import { changes, connect, full, streamOf } from './harness.ts';

const settings = hubSpotSettings.parse({});
const context = { settings, currency: 'USD', index: 0 };

/** The default mapping of a stream with other sources for some fields. */
const remap = (name: string, sources: Readonly<Record<string, string>>) => {
  const stream = streamOf(name);
  const kept = stream.mapping(context).filter(({ target }) => !Object.hasOwn(sources, target));
  const own = Object.entries(sources).map(([target, path]) => line(target, path));
  return mapStream(stream, [...kept, ...own]);
};

/** An account that refuses whatever it does not know, with one person at a company. */
async function connectStrictly() {
  const account = await connect(
    { refusesUnknown: true, custom: { companies: ['region'], contacts: ['favourite_colour'] } },
    { pageSize: 1 },
  );
  const [company = ''] = account.mutate({
    op: 'add',
    kind: 'companies',
    properties: { name: 'Oxbow', domain: 'oxbow.example', country: 'Portugal', region: 'North' },
  });
  const add = (name: string) =>
    account.mutate({
      op: 'add',
      kind: 'contacts',
      properties: {
        firstname: name,
        lifecyclestage: 'lead',
        hs_email_domain: 'oxbow.example',
        favourite_colour: 'green',
      },
      links: [{ kind: 'companies', id: company, primary: true }],
    });
  add('Ann');
  const statuses = () => new Set(account.sandbox.log.entries().map(({ status }) => status));
  return { ...account, add, statuses };
}

describe('what a mapping names', () => {
  it('arrives in the item and the record, of a list as of changes', async () => {
    const { read, add, statuses } = await connectStrictly();
    const { map, paths } = await remap('contactLeads', {
      city: 'about.related.companies.region',
      state: 'about.related["companies"].country',
      source: 'properties.hs_email_domain',
      summary: 'properties.favourite_colour',
    });
    const pages = await pagesOf(read('contactLeads', full, null, paths));
    add('Bob');
    const more = await pagesOf(
      read('contactLeads', changes(pages.at(-1)?.token ?? null), null, paths),
    );
    const items = [...pages, ...more].flatMap((page) => page.items);
    expect(items).toHaveLength(3);
    for (const item of items) {
      expect(item).toMatchObject({
        properties: { hs_email_domain: 'oxbow.example', favourite_colour: 'green' },
        about: { related: { companies: { name: 'Oxbow', region: 'North', country: 'Portugal' } } },
      });
      expect(parseRecord('lead', map(item, context))).toMatchObject({
        city: 'North',
        state: 'Portugal',
        source: 'oxbow.example',
        summary: 'green',
        company: 'Oxbow',
      });
    }
    expect(statuses()).not.toContain(400);
  });

  it('may be of objects of which nothing is read otherwise, and the label of a choice', async () => {
    const { read } = await connectStrictly();
    const { map, paths } = await remap('contacts', {
      jobTitle: 'about.related.companies.name',
      phone: 'about.labels.lifecyclestage',
    });
    const [page] = await pagesOf(read('contacts', full, null, paths));
    const [item] = page?.items ?? [];
    expect(item).toMatchObject({ about: { labels: { lifecyclestage: 'Lead' } } });
    expect(map(item, context)).toMatchObject({ jobTitle: 'Oxbow', phone: 'Lead' });
    const [plain] = await pagesOf(read('contacts'));
    expect(plain?.items[0]).not.toHaveProperty('about.labels');
    expect(plain?.items[0]).not.toHaveProperty('about.related');
  });

  it('does no harm where it does not exist, or may not be known', async () => {
    const { read, sandbox, statuses } = await connectStrictly();
    const { map, paths } = await remap('contactLeads', {
      city: 'properties.no_such_property',
      state: 'about.related.companies["no, such"]',
      phone: 'about.labels.none',
      website: 'about.related.deals.dealname',
    });
    const [page] = await pagesOf(read('contactLeads', full, null, paths));
    expect(map(page?.items[0], context)).toMatchObject({
      name: 'Ann',
      company: 'Oxbow',
      city: null,
      state: null,
      phone: null,
      website: null,
    });
    expect(statuses()).not.toContain(400);
    const { paths: known } = await remap('contactLeads', {
      city: 'about.related.companies.region',
    });
    sandbox.faults.arm({ kind: 'status', status: 403, endpoint: 'GET crm/v3/properties/:type' });
    const [denied] = await pagesOf(read('contactLeads', full, null, known));
    expect(denied?.items).toMatchObject([
      { about: { related: { companies: { name: 'Oxbow', domain: 'oxbow.example' } } } },
    ]);
    expect(denied?.items[0]).not.toHaveProperty('about.related.companies.region');
  });

  it('is read of all rows: other names, also within a pass, begin anew', async () => {
    const { read, add } = await connectStrictly();
    add('Bob');
    const named = ['properties.hs_email_domain', 'about.related.companies.region'];
    const usual = streamOf('contactLeads')
      .mapping(context)
      .flatMap(({ sources }) => sources);
    const tokenOf = async (paths: readonly string[], later = paths) => {
      const [first] = await pagesOf(read('contactLeads', full, null, paths));
      const rest = await pagesOf(read('contactLeads', full, first?.cursor ?? null, later));
      return rest.at(-1)?.token ?? null;
    };
    const follow = (token: Awaited<ReturnType<typeof tokenOf>>, paths: readonly string[]) =>
      pagesOf(read('contactLeads', changes(token), null, paths));
    const token = await tokenOf(named);
    await expect(follow(token, named.toReversed())).resolves.toBeDefined();
    await expect(follow(token, [...usual, ...named])).resolves.toBeDefined();
    await expect(follow(token, usual)).rejects.toMatchObject({ kind: 'cursor_invalid' });
    await expect(follow(await tokenOf(usual, named), named)).rejects.toMatchObject({
      kind: 'cursor_invalid',
    });
    await expect(follow(await tokenOf([]), usual)).resolves.toBeDefined();
  });
});

describe('the names in paths', () => {
  const nothing = { properties: [], labelled: [], related: {} };

  it('are those of the object, of its labels and of what it is associated with', () => {
    expect(
      findWanted(objects.deals, [
        'properties.region',
        'properties["region"]',
        'properties.dealname',
        'about.labels.dealtype',
        'about.labels.hs_priority',
        'about.related.contacts.email[0]',
        'about.related.companies.name',
        'about.related.leads.hs_lead_name',
        'about.owner',
        '@properties.fact',
        'properties',
        'id',
      ]),
    ).toEqual({
      properties: ['region', 'hs_priority'],
      labelled: ['dealtype', 'hs_priority'],
      related: { contacts: ['email'] },
    });
  });

  it('are none for the default mappings, and can be anything', () => {
    const types = new Map(Object.entries(objects));
    for (const { name, mapping } of hubspot.streams) {
      const object = types.get(name);
      const paths = mapping(context).flatMap(({ sources }) => sources);
      if (name === 'stages') expect(object).toBeUndefined();
      else expect(object && findWanted(object, paths), name).toEqual(nothing);
    }
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' })), (paths) => {
        const { properties } = findWanted(
          objects.contacts,
          paths.map((path) => `properties.${path}`),
        );
        expect(properties).toEqual([...new Set(properties)]);
      }),
    );
  });
});
