import { json, type Reply, type SandboxRequest } from '../kit/provider.ts';
import type { Column, ColumnType, Option } from './columns.ts';
import { notFound } from './errors.ts';
import type { Org } from './org.ts';
import type { Table, TableName } from './tables.ts';
import { guidFrom } from '../kit/random.ts';

/** What metadata calls a type: its short name, and the type that responses are cast to. */
const KINDS: Record<ColumnType, [string, string]> = {
  id: ['Uniqueidentifier', 'AttributeMetadata'],
  text: ['String', 'StringAttributeMetadata'],
  memo: ['Memo', 'MemoAttributeMetadata'],
  int: ['Integer', 'IntegerAttributeMetadata'],
  decimal: ['Decimal', 'DecimalAttributeMetadata'],
  money: ['Money', 'MoneyAttributeMetadata'],
  datetime: ['DateTime', 'DateTimeAttributeMetadata'],
  date: ['DateTime', 'DateTimeAttributeMetadata'],
  boolean: ['Boolean', 'BooleanAttributeMetadata'],
  option: ['Picklist', 'PicklistAttributeMetadata'],
  state: ['State', 'StateAttributeMetadata'],
  status: ['Status', 'StatusAttributeMetadata'],
  lookup: ['Lookup', 'LookupAttributeMetadata'],
  version: ['BigInt', 'BigIntAttributeMetadata'],
};
/** Lookups that metadata calls otherwise. */
const SPECIAL_LOOKUPS: Record<string, string> = {
  ownerid: 'Owner',
  customerid: 'Customer',
  parentcustomerid: 'Customer',
};
const PREFIX = 'Microsoft.Dynamics.CRM.';

/**
 * EntityDefinitions(LogicalName='…') and what hangs on it. `$select` is not obeyed, `$expand` is.
 */
export function entityDefinition(org: Org, request: SandboxRequest): Reply {
  const table = tableIn(org, request);
  const expand = request.query.get('$expand') ?? '';
  return json({
    '@odata.context': `${org.root}/api/data/v9.2/$metadata#EntityDefinitions/$entity`,
    ...describeEntity(org, table),
    ...(expand.includes('Attributes') && {
      Attributes: table.columns.map((column) => describeAttribute(table, column)),
    }),
    ...(expand.includes('Keys') && { Keys: describeKeys(org, table) }),
  });
}

export function entityDefinitions(org: Org): Reply {
  return json({
    value: Object.values(org.store.schema).map((table) => describeEntity(org, table)),
  });
}

export function attributes(org: Org, request: SandboxRequest): Reply {
  const table = tableIn(org, request);
  return json({ value: table.columns.map((column) => describeAttribute(table, column)) });
}

/** The columns of one type; their options only when they are expanded. */
export function attributesOfType(org: Org, request: SandboxRequest): Reply {
  const table = tableIn(org, request);
  const columns = table.columns.filter(
    ({ type }) => `${PREFIX}${KINDS[type][1]}` === request.params.type,
  );
  return json({
    value: columns.map((column) => ({
      ...describeAttribute(table, column),
      ...describeOptionSet(table, column, request),
    })),
  });
}

/** One column, cast to its type. */
export function attribute(org: Org, request: SandboxRequest): Reply {
  const table = tableIn(org, request);
  const name = logicalName(request.params.attribute);
  const column = table.columns.find((each) => each.name === name);
  if (column === undefined || `${PREFIX}${KINDS[column.type][1]}` !== request.params.type)
    throw notFound('Attribute', name);
  return json({
    ...describeAttribute(table, column),
    ...describeOptionSet(table, column, request),
  });
}

export function keys(org: Org, request: SandboxRequest): Reply {
  return json({ value: describeKeys(org, tableIn(org, request)) });
}

function tableIn(org: Org, { params }: SandboxRequest): Table {
  const name = logicalName(params.name);
  const table = org.store.schema[name as TableName] as Table | undefined;
  if (table === undefined) throw notFound('Entity', name);
  return table;
}

const logicalName = (key = ''): string => /^LogicalName='(\w+)'$/.exec(key)?.[1] ?? key;

function describeEntity(org: Org, { name, set, id, label }: Table) {
  return {
    LogicalName: name,
    EntitySetName: set,
    PrimaryIdAttribute: id,
    PrimaryNameAttribute: label,
    MetadataId: guidFrom('entity', name),
    ChangeTrackingEnabled: org.spec.untracked?.includes(name) !== true,
    DisplayName: labelled(name.charAt(0).toUpperCase() + name.slice(1)),
  };
}

function describeAttribute(
  table: Table,
  { name, type, max, required, create, update, targets }: Column,
) {
  const [known, cast] = KINDS[type];
  const short = SPECIAL_LOOKUPS[name] ?? known;
  return {
    '@odata.type': `#${PREFIX}${cast}`,
    LogicalName: name,
    SchemaName: name,
    EntityLogicalName: table.name,
    AttributeType: short,
    AttributeTypeName: { Value: `${short}Type` },
    MetadataId: guidFrom('attribute', table.name, name),
    RequiredLevel: {
      Value: required,
      CanBeChanged: required !== 'SystemRequired',
      ManagedPropertyLogicalName: 'canmodifyrequirementlevelsettings',
    },
    IsValidForCreate: create,
    IsValidForUpdate: update,
    IsValidForRead: true,
    IsPrimaryId: name === table.id,
    IsPrimaryName: name === table.label,
    IsCustomAttribute: name.startsWith('hnt_'),
    DisplayName: labelled(name.replace(/^hnt_/, '')),
    ...(max !== undefined && { MaxLength: max }),
    ...(targets && { Targets: Object.keys(targets) }),
  };
}

function describeOptionSet(table: Table, { name, options }: Column, { query }: SandboxRequest) {
  if (options === undefined || query.get('$expand')?.includes('OptionSet') !== true) return {};
  return {
    OptionSet: {
      Name: `${table.name}_${name}`,
      IsGlobal: false,
      MetadataId: guidFrom('options', table.name, name),
      Options: options.map(describeOption),
    },
  };
}

function describeOption({ value, label, state }: Option) {
  return {
    Value: value,
    Label: labelled(label),
    Color: null,
    ...(state !== undefined && { State: state }),
  };
}

function labelled(text: string) {
  const label = { Label: text, LanguageCode: 1033, IsManaged: false };
  return { LocalizedLabels: [label], UserLocalizedLabel: label };
}

function describeKeys(org: Org, table: Table) {
  const { alternateKeys = true, keyStatus = 'Active', without = [] } = org.spec;
  const has = (name: string) =>
    table.columns.some((column) => column.name === name) && !without.includes(name);
  // Keys that are not active are listed too, and cannot be used.
  const names =
    alternateKeys && ['lead', 'opportunity'].includes(table.name) && has('hnt_leadid')
      ? ['hnt_leadid']
      : [];
  return names.map((name) => ({
    LogicalName: `${name}_key`,
    SchemaName: `${name}_key`,
    EntityLogicalName: table.name,
    KeyAttributes: [name],
    EntityKeyIndexStatus: keyStatus,
    MetadataId: guidFrom('key', table.name, name),
  }));
}
