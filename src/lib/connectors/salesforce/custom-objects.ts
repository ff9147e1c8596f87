import { z } from 'zod';
import {
  toStreamName,
  type DiscoveredObject,
  type Discovery,
  type ObjectEntity,
  type SourceField,
} from '../contract/discovery.ts';
import type { CallContext, StreamDefinition } from '../contract/source.ts';
import { inBatches } from '../kit/in-batches.ts';
import { parseBody } from '../kit/json.ts';
import { mapObject } from '../kit/object-mapping.ts';
import { objectKeys, readUnlessGone } from '../kit/object-stream.ts';
import { fitNames } from '../kit/paths.ts';
import { RemoteError } from '../../platform/http/errors.ts';
import { isSimple, requestFields, type Field, type SalesforceObject } from './describe.ts';
import { amount, parseRow, times } from './mapping/values.ts';
import { buildUrl, send, type Access } from './request.ts';
import type { SalesforceSettings } from './settings.ts';
import { CURRENCY, defineObjectStream, objectNames, OWNER, SYSTEM } from './streams.ts';

/*
 * Custom objects. Source:
 * https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/dome_describeGlobal.htm
 */

/** Each object is described by a request of its own, so an endless list would use up the quota. */
const MAX_OBJECTS = 200;

const globalSchema = z.looseObject({ sobjects: z.array(z.unknown()) });
const sobject = z.looseObject({
  name: z.string().min(1),
  label: z.string().nullish().catch(null),
  queryable: z.boolean().nullish().catch(null),
  customSetting: z.boolean().nullish().catch(null),
  deprecatedAndHidden: z.boolean().nullish().catch(null),
});
type SObject = z.output<typeof sobject>;

/**
 * Names of other things that customers define end otherwise: __mdt are types of metadata, __e
 * events, __b archives, __x objects of other systems, __History, __Share and __Feed companions.
 */
const CUSTOM = /^[a-z]\w{0,78}__c$/i;

const isReadable = ({ name, queryable, customSetting, deprecatedAndHidden }: SObject): boolean =>
  CUSTOM.test(name) &&
  queryable !== false &&
  customSetting !== true &&
  deprecatedAndHidden !== true;

async function list(
  context: CallContext<SalesforceSettings>,
  only?: string,
): Promise<DiscoveredObject[]> {
  const { body } = await send(context, { url: buildUrl(context.settings, 'sobjects/') });
  const all = parseBody(
    globalSchema,
    body,
    'Salesforce returned something that is not a list of objects.',
  ).sobjects.flatMap((each) => sobject.safeParse(each).data ?? []);
  const wanted = all
    .filter((each) => isReadable(each) && (only === undefined || each.name === only))
    .slice(0, MAX_OBJECTS);
  const described = await inBatches(wanted, context.concurrency, (each) =>
    describeCustom(context, each),
  );
  return described.flat();
}

/** None for an object that the user may not see after all. */
async function describeCustom(access: Access, { name, label }: SObject) {
  try {
    const { fields } = await requestFields(access, name);
    const nameField = fields.find((field) => field.nameField === true)?.name ?? null;
    return [{ name, label: label?.trim() || name, fields: toFields(fields), nameField }];
  } catch (error) {
    if (error instanceof RemoteError && error.kind === 'permission') return [];
    throw error;
  }
}

const types: Readonly<Record<string, SourceField['type']>> = {
  boolean: 'boolean',
  int: 'number',
  long: 'number',
  double: 'number',
  percent: 'number',
  currency: 'amount',
  date: 'instant',
  datetime: 'instant',
};

/** A lookup is offered by its id and, where it leads to one object only, by the name there. */
function toFields(fields: readonly Field[]): SourceField[] {
  return fields.filter(isSimple).flatMap(({ name, label, type, relationshipName, referenceTo }) => {
    const isCode = type === 'reference' || type === 'id';
    const field: SourceField = {
      path: name,
      label: label?.trim() || name,
      type: types[type ?? ''] ?? 'text',
      ...(isCode && { isCode }),
    };
    if (!relationshipName || referenceTo?.length !== 1) return [field];
    return [
      field,
      { path: `${relationshipName}.Name`, label: `${field.label}: name`, type: 'text' as const },
    ];
  });
}

function toObject({ name, fields }: DiscoveredObject): SalesforceObject {
  const always = [...SYSTEM, ...OWNER, CURRENCY];
  const own = fields.map(({ path }) => path).filter((path) => !path.includes('.'));
  return { name, fields: [...always, ...fitNames(own.filter((path) => !always.includes(path)))] };
}

function stream(
  object: DiscoveredObject,
  entity: ObjectEntity,
): StreamDefinition<SalesforceSettings> {
  const definition = defineObjectStream<ObjectEntity>(toObject(object), {
    name: toStreamName(object),
    label: object.label,
    entity,
    interpret: (item) => ({ keys: objectKeys(entity, parseRow(item).id) }),
    mapping: ({ currency }) =>
      mapObject(object, entity, {
        id: 'Id',
        times,
        owner: 'Owner.Name',
        amount: (target, path) => amount(target, path, currency),
      }),
  });
  return {
    ...definition,
    read: (context, cursor) =>
      readUnlessGone(object, 'Salesforce', definition.read(context, cursor)),
  };
}

export const discovery: Discovery<SalesforceSettings> = { list, stream };

/** The fields of the object that a fixed stream reads. */
export async function describe(access: Access, name: string): Promise<SourceField[]> {
  const object = objectNames.get(name);
  return object === undefined ? [] : toFields((await requestFields(access, object)).fields);
}
