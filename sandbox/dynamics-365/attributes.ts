import { guidFrom } from '../kit/random.ts';
import type { Column, ColumnType } from './columns.ts';
import type { Table } from './tables.ts';

export type Properties = Record<string, unknown>;

/** An attribute of metadata. */
export interface Attribute {
  column: Column;
  /** The type that addresses cast it to, without its namespace. */
  cast: string;
  /** The properties of AttributeMetadata, which every attribute has. */
  common: Properties;
  /** Those of its own type, such as MaxLength. */
  own: Properties;
}

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
/** The largest amounts and numbers that Dataverse stores. */
const LIMITS: Partial<Record<ColumnType, Properties>> = {
  int: { MinValue: -2_147_483_648, MaxValue: 2_147_483_647 },
  decimal: { MinValue: -100_000_000_000, MaxValue: 100_000_000_000, Precision: 2 },
  money: { MinValue: -922_337_203_685_477, MaxValue: 922_337_203_685_477, Precision: 2 },
  version: { MinValue: '-9223372036854775808', MaxValue: '9223372036854775807' },
  datetime: { Format: 'DateAndTime', DateTimeBehavior: { Value: 'UserLocal' } },
  date: { Format: 'DateOnly', DateTimeBehavior: { Value: 'DateOnly' } },
};

/**
 * The attributes of a table: each column, followed by its companions, which hold its label as text.
 * Companions are no properties of the Web API.
 */
export const attributesOf = (table: Table): Attribute[] =>
  table.columns.flatMap((column) => [
    toAttribute(table, column),
    ...companions(column).map((companion) => toCompanion(table, column, companion)),
  ]);

function toAttribute(table: Table, column: Column): Attribute {
  const { name, type, max, range, required, create, update, targets } = column;
  const [known, cast] = KINDS[type];
  return {
    column,
    cast,
    common: {
      ...describe(table, name),
      ...(column.label !== undefined && { DisplayName: labelled(column.label) }),
      AttributeOf: null,
      AttributeType: SPECIAL_LOOKUPS[name] ?? known,
      AttributeTypeName: { Value: `${SPECIAL_LOOKUPS[name] ?? known}Type` },
      RequiredLevel: {
        Value: required,
        CanBeChanged: required !== 'SystemRequired',
        ManagedPropertyLogicalName: 'canmodifyrequirementlevelsettings',
      },
      IsValidForCreate: create,
      IsValidForUpdate: update,
      IsValidForRead: true,
      IsValidODataAttribute: true,
    },
    own: {
      ...(max !== undefined && { MaxLength: max }),
      ...LIMITS[type],
      ...(range && { MinValue: range[0], MaxValue: range[1] }),
      ...(targets && { Targets: Object.keys(targets) }),
    },
  };
}

/** Names of companions, and what metadata calls their type. */
function companions({ name, type }: Column): [name: string, type: string][] {
  switch (type) {
    case 'boolean':
    case 'option':
    case 'state':
    case 'status':
      return [[`${name}name`, 'Virtual']];
    case 'lookup':
      return [
        [`${name}name`, 'String'],
        [`${name}yominame`, 'String'],
        [`${name}type`, 'EntityName'],
      ];
    default:
      return [];
  }
}

function toCompanion(table: Table, column: Column, [name, type]: [string, string]): Attribute {
  return {
    column: { ...column, name },
    cast: type === 'Virtual' ? 'AttributeMetadata' : `${type}AttributeMetadata`,
    common: {
      ...describe(table, name),
      AttributeOf: column.name,
      AttributeType: type,
      AttributeTypeName: { Value: `${type}Type` },
      RequiredLevel: {
        Value: 'None',
        CanBeChanged: true,
        ManagedPropertyLogicalName: 'canmodifyrequirementlevelsettings',
      },
      IsValidForCreate: false,
      IsValidForUpdate: false,
      IsValidForRead: true,
      IsValidODataAttribute: false,
      DisplayName: { LocalizedLabels: [], UserLocalizedLabel: null },
    },
    own: type === 'String' ? { MaxLength: 100 } : {},
  };
}

const describe = (table: Table, name: string): Properties => ({
  LogicalName: name,
  SchemaName: name,
  EntityLogicalName: table.name,
  MetadataId: guidFrom('attribute', table.name, name),
  IsPrimaryId: name === table.id,
  IsPrimaryName: name === table.label,
  IsCustomAttribute: name.startsWith('hnt_'),
  DisplayName: labelled(name.replace(/^hnt_/, '')),
});

export function labelled(text: string) {
  const label = { Label: text, LanguageCode: 1033, IsManaged: false };
  return { LocalizedLabels: [label], UserLocalizedLabel: label };
}
