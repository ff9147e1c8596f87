import { RemoteError } from '../../../platform/http/errors.ts';
import type { HttpClient } from '../../../platform/http/types.ts';
import {
  pushTables,
  type PushTable,
  type TargetField,
  type TargetMetadata,
} from '../../contract/destination.ts';
import { refusal, send } from './wire.ts';

/*
 * Definitions of tables as the Web API tells them; options only come with a cast to their type.
 * https://learn.microsoft.com/en-us/power-apps/developer/data-platform/webapi/query-metadata-web-api
 */

const OPTION_TYPES = [
  'Microsoft.Dynamics.CRM.PicklistAttributeMetadata',
  'Microsoft.Dynamics.CRM.StatusAttributeMetadata',
];

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

/** Reads fields, option sets and keys of the tables that a push writes to. */
export async function describe(http: HttpClient, root: string): Promise<TargetMetadata> {
  const tables: Partial<TargetMetadata['tables']> = {};
  for (const table of pushTables) tables[table] = await describeTable(http, root, table);
  return { tables: tables as TargetMetadata['tables'] };
}

async function describeTable(http: HttpClient, root: string, table: PushTable): Promise<Table> {
  const definition = await read(
    http,
    root,
    `EntityDefinitions(LogicalName='${table}')?$expand=Attributes,Keys`,
  );
  const options = new Map<string, TargetField['options']>();
  for (const type of OPTION_TYPES) {
    const expand = type.includes('Picklist')
      ? 'OptionSet($select=Options),GlobalOptionSet($select=Options)'
      : 'OptionSet($select=Options)';
    const { value } = await read(
      http,
      root,
      `EntityDefinitions(LogicalName='${table}')/Attributes/${type}?$select=LogicalName&$expand=${expand}`,
    );
    for (const attribute of listOf(value))
      options.set(String(attribute['LogicalName']), optionsOf(attribute));
  }
  const fields = listOf(definition['Attributes']).map((attribute) => fieldOf(attribute, options));
  return {
    fields,
    keys: activeKeys(listOf(definition['Keys'])),
    changeTracking: definition['ChangeTrackingEnabled'] === true,
  };
}

async function read(
  http: HttpClient,
  root: string,
  path: string,
): Promise<Record<string, unknown>> {
  const answer = await send(http, root, { path });
  if (answer.status >= 400) throw refusal('a question about its own fields', answer);
  if (Object.keys(answer.body).length === 0)
    throw new RemoteError('malformed', 'Dynamics 365 said nothing about its own fields.');
  return answer.body;
}

function fieldOf(
  attribute: Record<string, unknown>,
  options: ReadonlyMap<string, TargetField['options']>,
): TargetField {
  const name = String(attribute['LogicalName']);
  return {
    name,
    label: labelOf(attribute['DisplayName']) ?? name,
    type: TYPES[String(attribute['AttributeType'])] ?? 'other',
    // What the system requires it fills in itself.
    required: Reflect.get(objectOf(attribute['RequiredLevel']), 'Value') === 'ApplicationRequired',
    creatable: attribute['IsValidForCreate'] === true,
    updatable: attribute['IsValidForUpdate'] === true,
    maxLength: numberOf(attribute['MaxLength']),
    min: numberOf(attribute['MinValue']),
    max: numberOf(attribute['MaxValue']),
    options: options.get(name) ?? null,
  };
}

function optionsOf(attribute: Record<string, unknown>): TargetField['options'] {
  const own = listOf(objectOf(attribute['OptionSet'])['Options']);
  const all = own.length > 0 ? own : listOf(objectOf(attribute['GlobalOptionSet'])['Options']);
  return all.flatMap((option) => {
    const [value, label] = [numberOf(option['Value']), labelOf(option['Label'])];
    return value === null || label === null ? [] : [{ value, label }];
  });
}

/** Keys whose index is not built yet, or failed, cannot be used in addresses. */
function activeKeys(keys: Record<string, unknown>[]): string[][] {
  return keys
    .filter((key) => key['EntityKeyIndexStatus'] === 'Active')
    .map((key) => (Array.isArray(key['KeyAttributes']) ? key['KeyAttributes'].map(String) : []));
}

function labelOf(label: unknown): string | null {
  const text =
    objectOf(objectOf(label)['UserLocalizedLabel'])['Label'] ??
    objectOf(listOf(objectOf(label)['LocalizedLabels'])[0])['Label'];
  return typeof text === 'string' && text.trim() !== '' ? text : null;
}

const numberOf = (value: unknown): number | null => (typeof value === 'number' ? value : null);
const objectOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
const listOf = (value: unknown): Record<string, unknown>[] =>
  Array.isArray(value) ? value.map(objectOf) : [];
