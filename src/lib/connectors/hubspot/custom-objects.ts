import {
  toStreamName,
  type DiscoveredObject,
  type Discovery,
  type ObjectEntity,
  type SourceField,
} from '../contract/discovery.ts';
import type { CallContext, StreamDefinition } from '../contract/source.ts';
import { mapObject } from '../kit/object-mapping.ts';
import { objectKeys, readUnlessGone } from '../kit/object-stream.ts';
import { parseList, parseSchema, type Property } from './answers.ts';
import { readItem } from './item.ts';
import { fetchProperties } from './lookups.ts';
import { times } from './mapping/values.ts';
import * as objects from './objects.ts';
import type { ObjectType } from './objects.ts';
import { SYSTEM, TIMES } from './properties.ts';
import { get, paths, type Access } from './request.ts';
import type { HubSpotSettings } from './settings.ts';
import { defineObjectStream } from './streams.ts';

/*
 * Custom objects, which accounts with an Enterprise plan define. Source:
 * https://developers.hubspot.com/docs/api-reference/legacy/crm/objects/schemas/get-schemas
 */

/** Properties are text in every item; what they hold is told by their type. */
const types: Readonly<Record<string, SourceField['type']>> = {
  string: 'text',
  enumeration: 'text',
  phone_number: 'text',
  number: 'number',
  bool: 'boolean',
  date: 'instant',
  datetime: 'instant',
};

const toField = ({ name, label, type, referencedObjectType }: Property): SourceField => ({
  path: `properties.${name}`,
  label: label?.trim() || name,
  type: types[type ?? ''] ?? 'text',
  ...(isOwner(name, referencedObjectType) && { isCode: true }),
});

const isOwner = (name: string, referenced: string | null | undefined): boolean =>
  Boolean(referenced) || name === 'hubspot_owner_id';

const toFields = (properties: readonly Property[]): SourceField[] =>
  properties.filter(({ archived, hidden }) => archived !== true && hidden !== true).map(toField);

async function list(
  context: CallContext<HubSpotSettings>,
  only?: string,
): Promise<DiscoveredObject[]> {
  const { body } = await get(context, paths.schemas);
  return parseList(body)
    .results.flatMap((each) => parseSchema(each) ?? [])
    .filter(({ archived }) => archived !== true)
    .flatMap(({ fullyQualifiedName, objectTypeId, labels, primaryDisplayProperty, properties }) => {
      const name = fullyQualifiedName ?? objectTypeId;
      if (name === undefined || (only !== undefined && name !== only)) return [];
      const fields = toFields(properties);
      const nameField = `properties.${primaryDisplayProperty ?? ''}`;
      return [
        {
          name,
          label: labels?.singular?.trim() || name,
          fields,
          nameField: fields.some(({ path }) => path === nameField) ? nameField : null,
        },
      ];
    });
}

/** Ids of objects of different types may be equal, and several types may become one entity. */
function toObjectType({ name }: DiscoveredObject): ObjectType {
  return {
    type: name,
    changedAt: 'hs_lastmodifieddate',
    properties: [...SYSTEM, ...TIMES],
    links: ['contacts', 'companies'],
    related: { contacts: ['firstname', 'lastname', 'email'], companies: ['name'] },
    prefix: `${name}-`,
  };
}

function stream(object: DiscoveredObject, entity: ObjectEntity): StreamDefinition<HubSpotSettings> {
  const type = toObjectType(object);
  const definition = defineObjectStream<ObjectEntity>(type, {
    name: toStreamName(object),
    label: object.label,
    entity,
    interpret: (value) => {
      const { id, about } = readItem(value);
      const [company] = about.links?.companies ?? [];
      return { keys: objectKeys(entity, `${type.prefix ?? ''}${id}`, company) };
    },
    mapping: () =>
      mapObject(object, entity, {
        id: 'id',
        times,
        owner: 'about.owner',
        company: 'about.related.companies.name',
      }),
  });
  return {
    ...definition,
    read: (context, cursor) => readUnlessGone(object, 'HubSpot', definition.read(context, cursor)),
  };
}

export const discovery: Discovery<HubSpotSettings> = { list, stream };

/** The types of objects that fixed streams read. Stages are described by nothing. */
const fixed: ReadonlyMap<string, string> = new Map(
  Object.entries<ObjectType>(objects).map(([name, { type }]) => [name, type]),
);

/** The properties of what a fixed stream reads. */
export async function describe(access: Access, name: string): Promise<SourceField[]> {
  const type = fixed.get(name);
  return type === undefined ? [] : toFields(await fetchProperties(access, type));
}
