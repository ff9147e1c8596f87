import { RemoteError } from '../../../platform/http/errors.ts';
import type { HttpClient } from '../../../platform/http/types.ts';
import {
  pushTables,
  type PushTable,
  type TargetField,
  type TargetMetadata,
} from '../../contract/destination.ts';
import { toObject } from '../../kit/json.ts';
import { createRefusalError, send } from './web-api.ts';

/**
 * Types of attributes with options, and what to expand for each. The Web API only returns options
 * when the request casts the attributes to their type.
 * https://learn.microsoft.com/en-us/power-apps/developer/data-platform/webapi/query-metadata-web-api
 */
const OPTION_TYPES = {
  'Microsoft.Dynamics.CRM.PicklistAttributeMetadata':
    'OptionSet($select=Options),GlobalOptionSet($select=Options)',
  'Microsoft.Dynamics.CRM.StatusAttributeMetadata': 'OptionSet($select=Options)',
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

type Table = TargetMetadata['tables'][PushTable];

/** Reads the fields, option sets and keys of the tables that a push writes to. */
export async function describe(http: HttpClient, root: string): Promise<TargetMetadata> {
  const tables: Partial<TargetMetadata['tables']> = {};
  for (const table of pushTables) tables[table] = await describeTable(http, root, table);
  return { tables: tables as TargetMetadata['tables'] };
}

async function describeTable(http: HttpClient, root: string, table: PushTable): Promise<Table> {
  const definition = await fetchDefinition(
    http,
    root,
    `EntityDefinitions(LogicalName='${table}')?$expand=Attributes,Keys`,
  );
  const options = await fetchOptions(http, root, table);
  const fields = toObjects(definition['Attributes']).map((attribute) =>
    toTargetField(attribute, options),
  );
  return {
    fields,
    keys: activeKeys(toObjects(definition['Keys'])),
    changeTracking: definition['ChangeTrackingEnabled'] === true,
  };
}

type Options = ReadonlyMap<string, TargetField['options']>;

/** The options of each attribute that has any, by its name. */
async function fetchOptions(http: HttpClient, root: string, table: PushTable): Promise<Options> {
  const options = new Map<string, TargetField['options']>();
  for (const [type, expand] of Object.entries(OPTION_TYPES)) {
    const path = `EntityDefinitions(LogicalName='${table}')/Attributes/${type}`;
    const query = `$select=LogicalName&$expand=${expand}`;
    const { value } = await fetchDefinition(http, root, `${path}?${query}`);
    for (const attribute of toObjects(value))
      options.set(String(attribute['LogicalName']), readOptions(attribute));
  }
  return options;
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

function toTargetField(attribute: Record<string, unknown>, options: Options): TargetField {
  const name = String(attribute['LogicalName']);
  return {
    name,
    label: readLabel(attribute['DisplayName']) ?? name,
    type: TYPES[String(attribute['AttributeType'])] ?? 'other',
    // Fields that only the system requires are filled in by the system itself.
    required: Reflect.get(toObject(attribute['RequiredLevel']), 'Value') === 'ApplicationRequired',
    creatable: attribute['IsValidForCreate'] === true,
    updatable: attribute['IsValidForUpdate'] === true,
    maxLength: toNumber(attribute['MaxLength']),
    min: toNumber(attribute['MinValue']),
    max: toNumber(attribute['MaxValue']),
    options: options.get(name) ?? null,
  };
}

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
