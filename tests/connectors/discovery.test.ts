import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  objectEntities,
  sourceField,
  toStreamName,
  type DiscoveredObject,
  type ObjectEntity,
} from '#lib/connectors/contract/discovery.ts';
import { mapObject } from '#lib/connectors/kit/object-mapping.ts';
import { instant } from '#lib/connectors/kit/mapping.ts';
import { providers } from '#lib/connectors/registry.ts';
import { checkStreamMapping } from '#lib/mappings/inbound/check.ts';

const sites: DiscoveredObject = {
  name: 'site__c',
  label: 'Site',
  nameField: 'title',
  fields: [
    { path: 'title', label: 'Title', type: 'text' },
    { path: 'town', label: 'City', type: 'text' },
    { path: 'account', label: 'Company', type: 'text', isCode: true },
    { path: 'deal_size', label: 'Deal size', type: 'number' },
    { path: 'step', label: 'Stage', type: 'text' },
    { path: 'signed', label: 'Qualified', type: 'boolean' },
    { path: 'colour', label: 'Colour', type: 'text' },
  ],
};

const currency = 'USD';
const contexts = providers.map((provider) => ({
  provider,
  settings: provider.settings.parse({}),
}));

describe.each(
  contexts.flatMap(({ provider, settings }) =>
    provider.discovery === undefined
      ? []
      : [[provider.key, { provider, settings, discovery: provider.discovery }] as const],
  ),
)('streams of objects of %s', (_, { provider, settings, discovery }) => {
  it.each(objectEntities)('can become each %s', async (entity) => {
    const stream = discovery.stream(sites, entity);
    expect(stream).toMatchObject({ name: 'object:site__c', label: 'Site', entity });
    expect(provider.streams.map(({ name }) => name)).not.toContain(stream.name);
    expect(stream.listing).toEqual({ kind: 'complete' });
    expect(await checkStreamMapping(stream, stream.mapping({ settings, currency }))).toEqual([]);
    expect(stream.identify({})).toBeUndefined();
    for (const body of ['<html></html>', '', '[]', '{}', 'null'])
      expect(() => stream.parse(body), body).toThrow(
        expect.objectContaining({ name: 'RemoteError' }),
      );
    expect(() => stream.interpret({}, { settings, currency, index: 0 })).toThrow(
      expect.objectContaining({ name: 'RecordRejected' }),
    );
  });

  it('describes fixed streams by names that it has, and no others', () => {
    expect(provider.describe).toBeDefined();
    for (const { name } of provider.streams) expect(name).not.toContain(':');
    expect(toStreamName(sites)).toContain(':');
  });
});

const known = { id: 'id', times: [instant('sourceCreatedAt', 'made')], owner: 'owner' };
const sourcesIn = (entity: ObjectEntity, object = sites) =>
  Object.fromEntries(
    mapObject(object, entity, known).map(({ target, sources, steps }) => [
      target,
      sources.length > 0 ? sources[0] : steps[0]?.args?.['value'],
    ]),
  );

describe('the default mapping of an object', () => {
  it('takes what names say and what every record needs, and leaves the rest to people', () => {
    expect(sourcesIn('lead')).toEqual({
      name: 'title',
      sourceCreatedAt: 'made',
      assignedTo: 'owner',
      status: 'step',
      qualified: false,
      city: 'town',
      dealValue: 'deal_size',
    });
    expect(sourcesIn('opportunity')).toMatchObject({
      name: 'title',
      stage: 'step',
      outcome: 'open',
      units: 1,
      likelyPct: 0,
      value: 'deal_size',
    });
    expect(sourcesIn('company')).toEqual({ name: 'title', sourceCreatedAt: 'made', city: 'town' });
  });

  it('names a record by its id when it has no name', () => {
    expect(sourcesIn('contact', { ...sites, nameField: null })).toMatchObject({ name: 'id' });
  });

  it('can be used whatever the fields are', async () => {
    const word = fc.oneof(
      fc.constantFrom('Email', 'Units', 'Status', 'Outcome', 'Likelihood', 'Name', 'Created'),
      fc.string({ unit: 'grapheme', minLength: 1 }),
    );
    const field = fc.record({
      path: fc.stringMatching(/^[a-z_]{1,12}(\.[a-z_]{1,12})?$/),
      label: word,
      type: fc.constantFrom(...sourceField.shape.type.options),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(field, { maxLength: 12 }),
        fc.constantFrom(...objectEntities),
        async (fields, entity) => {
          const schema = mapObject({ ...sites, fields, nameField: null }, entity, known);
          const [any] = contexts.flatMap(({ provider }) => provider.discovery ?? []);
          expect(any).toBeDefined();
          if (any !== undefined)
            expect(await checkStreamMapping(any.stream(sites, entity), schema)).toEqual([]);
        },
      ),
    );
  });
});
