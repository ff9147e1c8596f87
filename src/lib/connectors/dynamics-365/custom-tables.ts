import { z } from 'zod';
import { RemoteError } from '../../platform/http/errors.ts';
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
import { odataList } from '../kit/odata.ts';
import { fitNames } from '../kit/paths.ts';
import { describeColumns, type DescribedColumn } from './definition.ts';
import { amount, amountPaths, labelPath, parseRow, times } from './mapping/values.ts';
import type { Table } from './position.ts';
import { buildUrl, get, type Access } from './request.ts';
import type { DynamicsSettings } from './settings.ts';
import { defineTableStream, STATE, SYSTEM, tableNames } from './streams.ts';

/*
 * Custom tables. Source:
 * https://learn.microsoft.com/en-us/power-apps/developer/data-platform/webapi/query-metadata-web-api
 */

/** Each table is described by a request of its own. */
const MAX_TABLES = 200;

/**
 * Prefixes of tables that Microsoft's own applications install. Metadata calls them custom, too, and
 * whether a solution is managed does not tell them apart: customers install theirs that way as well.
 */
const OF_MICROSOFT =
  /^(msdyn\w*|msfp|mspp|mspcat|msevtmgt|msgdpr|msmedia|mscrm\w*|adx|aib\w*|bot\w*)_/i;

const label = z
  .looseObject({ UserLocalizedLabel: z.looseObject({ Label: z.string().nullish() }).nullish() })
  .nullish()
  .catch(null);
const tableSchema = z.looseObject({
  LogicalName: z.string().regex(/^\w+$/),
  EntitySetName: z.string().regex(/^\w+$/),
  PrimaryIdAttribute: z.string().regex(/^\w+$/),
  PrimaryNameAttribute: z.string().nullish().catch(null),
  DisplayName: label,
});
type TableFacts = z.output<typeof tableSchema>;

const FACTS = 'LogicalName,EntitySetName,PrimaryIdAttribute,PrimaryNameAttribute,DisplayName';
/** Intersect tables only hold which rows of two others belong together. */
const CUSTOM = 'IsCustomEntity eq true and IsIntersect eq false';

async function list(
  context: CallContext<DynamicsSettings>,
  only?: string,
): Promise<DiscoveredObject[]> {
  const url = buildUrl(context.settings, 'EntityDefinitions', { $select: FACTS, $filter: CUSTOM });
  const { body } = await get(context, url);
  const tables = parseBody(
    odataList,
    body,
    'Dynamics 365 returned something that is not a list of tables.',
  )
    .value.flatMap((each) => tableSchema.safeParse(each).data ?? [])
    .filter(({ LogicalName: name }) => !OF_MICROSOFT.test(name) && (only ?? name) === name)
    .slice(0, MAX_TABLES);
  const described = await inBatches(tables, context.concurrency, (table) =>
    describeTable(context, table),
  );
  return described.flat();
}

/** None for a table that is hidden after all. */
async function describeTable(access: Access, table: TableFacts): Promise<DiscoveredObject[]> {
  const { LogicalName: name, PrimaryNameAttribute: nameField } = table;
  try {
    const fields = toFields(await describeColumns(access, name));
    return [
      {
        name,
        label: table.DisplayName?.UserLocalizedLabel?.Label?.trim() || name,
        fields,
        nameField: fields.some(({ path }) => path === nameField) ? (nameField ?? null) : null,
        details: { set: table.EntitySetName, id: table.PrimaryIdAttribute },
      },
    ];
  } catch (error) {
    if (error instanceof RemoteError && ['permission', 'gone'].includes(error.kind)) return [];
    throw error;
  }
}

const types: Readonly<Record<string, SourceField['type']>> = {
  Boolean: 'boolean',
  Integer: 'number',
  BigInt: 'number',
  Decimal: 'number',
  Double: 'number',
  Money: 'amount',
  DateTime: 'instant',
};
/** Types whose values are ids or numbers, and whose label comes beside them. */
const LABELLED = new Set(['Lookup', 'Customer', 'Owner', 'Picklist', 'State', 'Status']);

const toFields = (columns: readonly DescribedColumn[]): SourceField[] =>
  columns.flatMap(({ name, label: text, type }): SourceField[] => {
    const isCode = LABELLED.has(type) || type === 'Uniqueidentifier';
    const field: SourceField = {
      path: name,
      label: LABELLED.has(type) ? `${text}: code` : text,
      type: types[type] ?? 'text',
      ...(isCode && { isCode }),
    };
    if (!LABELLED.has(type)) return [field];
    return [{ path: labelPath(name), label: text, type: 'text' }, field];
  });

function toTable({ name, fields, details = {} }: DiscoveredObject): Table {
  const always = [...SYSTEM, ...STATE];
  const own = fields
    .map(({ path }) => path)
    .filter((path) => /^\w+$/.test(path) && path !== details['id'] && !always.includes(path));
  const { set = `${name}s`, id = `${name}id` } = details;
  return { name, set, id, columns: [...always, ...fitNames(own)] };
}

function stream(
  object: DiscoveredObject,
  entity: ObjectEntity,
): StreamDefinition<DynamicsSettings> {
  const table = toTable(object);
  const hasColumn = (path: string) => object.fields.some((field) => field.path === path);
  const definition = defineTableStream<ObjectEntity>(table, {
    name: toStreamName(object),
    label: object.label,
    entity,
    interpret: (item) => ({ keys: objectKeys(entity, parseRow(item, table.id).id) }),
    mapping: () =>
      mapObject(object, entity, {
        id: table.id,
        times,
        owner: labelPath('_ownerid_value'),
        amount: (target, path) => amount(target, amountPaths(path).filter(hasColumn)),
      }),
  });
  return {
    ...definition,
    read: (context, cursor) =>
      readUnlessGone(object, 'Dynamics 365', definition.read(context, cursor)),
  };
}

export const discovery: Discovery<DynamicsSettings> = { list, stream };

/** The columns of the table that a fixed stream reads. */
export async function describe(access: Access, name: string): Promise<SourceField[]> {
  const table = tableNames.get(name);
  return table === undefined ? [] : toFields(await describeColumns(access, table));
}
