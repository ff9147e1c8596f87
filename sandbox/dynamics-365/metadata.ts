import { json, type Reply, type SandboxRequest } from '../kit/provider.ts';
import { guidFrom } from '../kit/random.ts';
import { attributesOf, labelled, type Attribute, type Properties } from './attributes.ts';
import type { Column, Option } from './columns.ts';
import { badQuery, noProperty, notFound } from './errors.ts';
import type { Org } from './org.ts';
import type { Table } from './tables.ts';

const PREFIX = 'Microsoft.Dynamics.CRM.';
/** The properties of each type besides those of AttributeMetadata: only a cast reaches them. */
const OWN_PROPERTIES: Record<string, readonly string[]> = {
  StringAttributeMetadata: ['MaxLength', 'Format'],
  MemoAttributeMetadata: ['MaxLength', 'Format'],
  IntegerAttributeMetadata: ['MinValue', 'MaxValue', 'Format'],
  BigIntAttributeMetadata: ['MinValue', 'MaxValue'],
  DecimalAttributeMetadata: ['MinValue', 'MaxValue', 'Precision'],
  DoubleAttributeMetadata: ['MinValue', 'MaxValue', 'Precision'],
  MoneyAttributeMetadata: ['MinValue', 'MaxValue', 'Precision', 'PrecisionSource'],
  DateTimeAttributeMetadata: ['Format', 'DateTimeBehavior'],
  LookupAttributeMetadata: ['Targets'],
};
const WITH_OPTIONS = ['Picklist', 'State', 'Status', 'Boolean'].map(
  (type) => `${type}AttributeMetadata`,
);

/** EntityDefinitions(LogicalName='…') and what hangs on it. */
export function entityDefinition(org: Org, request: SandboxRequest): Reply {
  const table = tableIn(org, request);
  const expand = parseExpand(request.query.get('$expand'));
  for (const name of expand.keys())
    if (!['Attributes', 'Keys'].includes(name)) throw noProperty(name, 'EntityMetadata');
  const keysOf = describeKeys(org, table).map((key) =>
    select(key, expand.get('Keys') ?? null, Object.keys(key), 'EntityKeyMetadata'),
  );
  return json({
    '@odata.context': `${org.root}/api/data/v9.2/$metadata#EntityDefinitions/$entity`,
    ...selectEntity(org, table, request),
    ...(expand.has('Attributes') && {
      Attributes: attributesOf(table).map((each) => selectCommon(each, expand.get('Attributes'))),
    }),
    ...(expand.has('Keys') && { Keys: keysOf }),
  });
}

export function entityDefinitions(org: Org, request: SandboxRequest): Reply {
  return json({
    value: org
      .tables()
      .filter((table) => meets(describeEntity(org, table), request.query.get('$filter')))
      .map((table) => selectEntity(org, table, request)),
  });
}

/** `A eq true and B eq false`, of flags alone. */
function meets(entity: Properties, filter: string | null): boolean {
  return (filter ?? '').split(' and ').every((condition) => {
    if (condition === '') return true;
    const [, name = '', value] = /^(\w+) eq (true|false)$/.exec(condition) ?? [];
    if (typeof entity[name] !== 'boolean')
      throw badQuery(`The sandbox cannot filter by ${filter}.`);
    return String(entity[name]) === value;
  });
}

/** Without a cast, attributes have only the properties that all of them share. */
export function attributes(org: Org, request: SandboxRequest): Reply {
  const wanted = request.query.get('$select');
  return json({
    value: attributesOf(tableIn(org, request)).map((each) => selectCommon(each, wanted)),
  });
}

/** The attributes of one type; their options only when they are expanded. */
export function attributesOfType(org: Org, request: SandboxRequest): Reply {
  const table = tableIn(org, request);
  const type = castType(request);
  return json({
    value: attributesOf(table)
      .filter(({ cast }) => cast === type)
      .map((each) => describeCast(table, each, request)),
  });
}

/** One attribute, cast to its type. */
export function attribute(org: Org, request: SandboxRequest): Reply {
  const table = tableIn(org, request);
  const name = logicalName(request.params.attribute);
  const type = castType(request);
  const found = attributesOf(table).find(
    ({ common, cast }) => common.LogicalName === name && cast === type,
  );
  if (found === undefined) throw notFound('Attribute', name);
  return json(describeCast(table, found, request));
}

export function keys(org: Org, request: SandboxRequest): Reply {
  return json({ value: describeKeys(org, tableIn(org, request)) });
}

function castType({ params }: SandboxRequest): string {
  const type = (params.type ?? '').slice(PREFIX.length);
  const isKnown = type in OWN_PROPERTIES || WITH_OPTIONS.includes(type);
  if (!isKnown || params.type !== `${PREFIX}${type}`)
    throw badQuery(`The type '${params.type}' is not an attribute type.`);
  return type;
}

function describeCast(
  table: Table,
  { column, cast, common, own }: Attribute,
  request: SandboxRequest,
) {
  const all = [...Object.keys(common), ...(OWN_PROPERTIES[cast] ?? [])];
  return {
    ...select({ ...common, ...own }, request.query.get('$select'), all, cast),
    ...describeOptionSet(table, column, cast, request),
  };
}

const selectCommon = ({ common }: Attribute, wanted: string | null | undefined): Properties =>
  select(common, wanted ?? null, Object.keys(common), 'AttributeMetadata');

function selectEntity(org: Org, table: Table, { query }: SandboxRequest): Properties {
  const entity = describeEntity(org, table);
  return select(entity, query.get('$select'), Object.keys(entity), 'EntityMetadata');
}

/** What `$select` names, and always the id. Throws Refusal for a property that there is not. */
function select(
  given: Properties,
  wanted: string | null,
  known: readonly string[],
  type: string,
): Properties {
  if (wanted === null) return given;
  const names = wanted.split(',').map((name) => name.trim());
  for (const name of names) if (!known.includes(name)) throw noProperty(name, type);
  return Object.fromEntries(
    [...names, 'MetadataId'].filter((name) => name in given).map((name) => [name, given[name]]),
  );
}

/** `A($select=x,y),B` as the `$select` of each name; null for one that has none. */
function parseExpand(text: string | null): Map<string, string | null> {
  const parts = [...(text ?? '').matchAll(/(\w+)(?:\(\$select=([\w,]+)\))?(?:,|$)/g)];
  if (parts.map(([part]) => part).join('') !== (text ?? ''))
    throw badQuery(`Syntax error in $expand=${text}.`);
  return new Map(parts.map(([, name = '', wanted]) => [name, wanted ?? null]));
}

function tableIn(org: Org, { params }: SandboxRequest): Table {
  const name = logicalName(params.name);
  const table = org.tables().find((each) => each.name === name);
  if (table === undefined) throw notFound('Entity', name);
  return table;
}

const logicalName = (key = ''): string => /^LogicalName='(\w+)'$/.exec(key)?.[1] ?? key;

function describeEntity(org: Org, { name, set, id, label, title }: Table): Properties {
  return {
    LogicalName: name,
    EntitySetName: set,
    PrimaryIdAttribute: id,
    PrimaryNameAttribute: label,
    MetadataId: guidFrom('entity', name),
    ChangeTrackingEnabled: org.spec.untracked?.includes(name) !== true,
    IsCustomEntity: title !== undefined,
    IsIntersect: false,
    DisplayName: labelled(title ?? name.charAt(0).toUpperCase() + name.slice(1)),
  };
}

function describeOptionSet(
  table: Table,
  { name, options = [] }: Column,
  cast: string,
  { query }: SandboxRequest,
) {
  const expand = parseExpand(query.get('$expand'));
  for (const wanted of expand.keys())
    if (!WITH_OPTIONS.includes(cast) || !['OptionSet', 'GlobalOptionSet'].includes(wanted))
      throw noProperty(wanted, cast);
  if (!expand.has('OptionSet')) return {};
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
