import { RemoteError } from '../../../platform/http/errors.ts';
import type { HttpClient } from '../../../platform/http/types.ts';
import {
  objectRoles,
  type TargetField,
  type TargetMetadata,
  type TargetObject,
} from '../../contract/destination.ts';
import { getOwn } from '../../../platform/own.ts';
import { toObject } from '../../kit/json.ts';
import { attributeSchema, isColumn } from '../definition.ts';
import { TABLES } from './objects.ts';
import { createRefusalError, send } from './web-api.ts';

/** Properties that all attributes share: an expanded list contains no others. */
const COMMON =
  'LogicalName,DisplayName,AttributeType,AttributeOf,RequiredLevel,' +
  'IsValidForRead,IsValidODataAttribute,IsValidForCreate,IsValidForUpdate';

/**
 * Queries for what only attributes of one type have. The Web API only returns it when the request
 * casts the attributes to their type.
 * https://learn.microsoft.com/en-us/power-apps/developer/data-platform/webapi/query-metadata-web-api
 */
const CASTS: Record<string, string> = {
  String: '$select=LogicalName,MaxLength',
  Memo: '$select=LogicalName,MaxLength',
  Integer: '$select=LogicalName,MinValue,MaxValue',
  Decimal: '$select=LogicalName,MinValue,MaxValue',
  Double: '$select=LogicalName,MinValue,MaxValue',
  Money: '$select=LogicalName,MinValue,MaxValue',
  DateTime: '$select=LogicalName,DateTimeBehavior',
  Picklist:
    '$select=LogicalName&$expand=OptionSet($select=Options),GlobalOptionSet($select=Options)',
  Status: '$select=LogicalName&$expand=OptionSet($select=Options)',
};

const TYPES: Record<string, TargetField['type']> = {
  String: 'text',
  Memo: 'memo',
  Integer: 'integer',
  BigInt: 'integer',
  Decimal: 'decimal',
  Double: 'decimal',
  Money: 'money',
  Boolean: 'boolean',
  DateTime: 'datetime',
  Picklist: 'option',
  Status: 'option',
  Lookup: 'lookup',
  Customer: 'lookup',
  Owner: 'lookup',
};

type Attribute = Record<string, unknown>;

/** Reads the fields, option sets and keys of the tables that a push writes to. */
export async function describe(http: HttpClient, root: string): Promise<TargetMetadata> {
  const objects: TargetMetadata['objects'] = {};
  for (const role of objectRoles)
    objects[role] = await describeTable(http, root, TABLES[role].name);
  return { objects };
}

async function describeTable(http: HttpClient, root: string, table: string): Promise<TargetObject> {
  const definition = await fetchDefinition(
    http,
    root,
    `EntityDefinitions(LogicalName='${table}')?$select=LogicalName` +
      `&$expand=Attributes($select=${COMMON}),Keys`,
  );
  const attributes = toObjects(definition['Attributes']).filter(isWritableColumn);
  const details = await fetchDetails(http, root, table, attributes);
  return {
    label: table,
    fields: attributes.map((attribute) =>
      toTargetField(attribute, details.get(String(attribute['LogicalName'])) ?? {}),
    ),
    keys: activeKeys(toObjects(definition['Keys'])),
  };
}

/** Leaves out what the Web API has no property for, such as the labels of choices. */
function isWritableColumn(attribute: Attribute): boolean {
  const parsed = attributeSchema.safeParse(attribute);
  return parsed.success && isColumn(parsed.data);
}

/** What the casts add to each attribute, by its name. Only types that occur are requested. */
async function fetchDetails(
  http: HttpClient,
  root: string,
  table: string,
  attributes: readonly Attribute[],
): Promise<ReadonlyMap<string, Attribute>> {
  const types = new Set(attributes.map((attribute) => String(attribute['AttributeType'])));
  const lists = await Promise.all(
    Object.entries(CASTS)
      .filter(([type]) => types.has(type))
      .map(([type, query]) => {
        const cast = `Attributes/Microsoft.Dynamics.CRM.${type}AttributeMetadata`;
        const path = `EntityDefinitions(LogicalName='${table}')/${cast}?${query}`;
        return fetchDefinition(http, root, path);
      }),
  );
  const details = lists.flatMap(({ value }) => toObjects(value));
  return new Map(details.map((each) => [String(each['LogicalName']), each]));
}

async function fetchDefinition(
  http: HttpClient,
  root: string,
  path: string,
): Promise<Record<string, unknown>> {
  const response = await send(http, root, { path });
  if (response.status >= 400)
    throw createRefusalError('a request for its field definitions', response);
  if (Object.keys(response.body).length === 0)
    throw new RemoteError('malformed', 'Dynamics 365 returned no field definitions.');
  return response.body;
}

function toTargetField(attribute: Attribute, details: Attribute): TargetField {
  const name = String(attribute['LogicalName']);
  const type = getOwn(TYPES, String(attribute['AttributeType'])) ?? 'other';
  return {
    name,
    label: readLabel(attribute['DisplayName']) ?? name,
    type: type === 'datetime' && isDay(details) ? 'date' : type,
    ...readRequirement(attribute, type),
    creatable: attribute['IsValidForCreate'] === true,
    updatable: attribute['IsValidForUpdate'] === true,
    maxLength: toNumber(details['MaxLength']),
    min: toNumber(details['MinValue']),
    max: toNumber(details['MaxValue']),
    options: type === 'option' ? readOptions(details) : null,
  };
}

/**
 * "Business required" columns (ApplicationRequired) are believed to be enforced by forms and not by
 * the Web API; no source says so, and a refusal of the Web API is reported as any other. Of the
 * columns that the system requires, it fills in ids, owners, states, and choices with a default.
 */
function readRequirement(
  attribute: Attribute,
  type: TargetField['type'],
): Pick<TargetField, 'required' | 'expected'> {
  const level = toObject(attribute['RequiredLevel'])['Value'];
  return {
    required: level === 'SystemRequired' && FILLED_BY_PEOPLE.has(type),
    expected: level === 'ApplicationRequired',
  };
}

const FILLED_BY_PEOPLE = new Set<TargetField['type']>([
  'text',
  'memo',
  'integer',
  'decimal',
  'money',
  'datetime',
  'date',
]);

/** Whether a column holds days (Edm.Date) and so refuses a time of day. */
const isDay = (details: Attribute): boolean =>
  toObject(details['DateTimeBehavior'])['Value'] === 'DateOnly';

function readOptions(attribute: Record<string, unknown>): TargetField['options'] {
  const own = toObjects(toObject(attribute['OptionSet'])['Options']);
  const all = own.length > 0 ? own : toObjects(toObject(attribute['GlobalOptionSet'])['Options']);
  return all.flatMap((option) => {
    const [value, label] = [toNumber(option['Value']), readLabel(option['Label'])];
    return value === null || label === null ? [] : [{ value, label }];
  });
}

/** Leaves out keys whose index is not built or has failed, because URLs cannot use them. */
function activeKeys(keys: Record<string, unknown>[]): string[][] {
  return keys
    .filter((key) => key['EntityKeyIndexStatus'] === 'Active')
    .map((key) => (Array.isArray(key['KeyAttributes']) ? key['KeyAttributes'].map(String) : []));
}

function readLabel(label: unknown): string | null {
  const text =
    toObject(toObject(label)['UserLocalizedLabel'])['Label'] ??
    toObject(toObjects(toObject(label)['LocalizedLabels'])[0])['Label'];
  return typeof text === 'string' && text.trim() !== '' ? text : null;
}

const toNumber = (value: unknown): number | null => (typeof value === 'number' ? value : null);
const toObjects = (value: unknown): Record<string, unknown>[] =>
  Array.isArray(value) ? value.map(toObject) : [];
