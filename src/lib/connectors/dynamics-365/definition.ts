import { z } from 'zod';
import { RemoteError } from '../../platform/http/errors.ts';
import { parseBody } from '../kit/json.ts';
import { fitNames } from '../kit/paths.ts';
import { buildUrl, get, type Access } from './request.ts';

/** The definition of a table in the environment. */
export interface TableDefinition {
  /** Whether changes can be followed by delta links. */
  isTracked: boolean;
  /** Names of the columns as they appear in lists; null when they are unknown. */
  columns: ReadonlySet<string> | null;
  /** Those of them that lists can contain for certain; none when they are unknown. */
  listed: ReadonlySet<string>;
  /** Those from our own solution, which not every customer has installed. */
  own: readonly string[];
}

/** Prefix of the columns from our own solution. */
const OUR_PREFIX = 'hnt_';

/** What metadata says of an attribute. */
export const attributeSchema = z.looseObject({
  LogicalName: z.string(),
  AttributeType: z.string().nullish(),
  AttributeOf: z.string().nullish(),
  IsValidForRead: z.boolean().nullish(),
  IsValidODataAttribute: z.boolean().nullish(),
});
type Attribute = z.output<typeof attributeSchema>;

const describedSchema = z.looseObject({
  Attributes: z.array(
    attributeSchema.extend({
      DisplayName: z
        .looseObject({
          UserLocalizedLabel: z.looseObject({ Label: z.string().nullish() }).nullish(),
        })
        .nullish()
        .catch(null),
    }),
  ),
});

const definitionSchema = z.looseObject({
  ChangeTrackingEnabled: z.boolean(),
  Attributes: z.array(attributeSchema),
});

/** What tells a column from an attribute that lists cannot contain. All attributes have these. */
const FACTS = 'LogicalName,AttributeType,AttributeOf,IsValidForRead,IsValidODataAttribute';

/**
 * Requests the definition of a table. An application that may read rows may not always read
 * definitions; in that case the standard columns are assumed and change tracking is attempted.
 */
export async function readTableDefinition(access: Access, table: string): Promise<TableDefinition> {
  const query = {
    $select: 'LogicalName,ChangeTrackingEnabled',
    $expand: `Attributes($select=${FACTS})`,
  };
  try {
    const path = `EntityDefinitions(LogicalName='${table}')`;
    const { body } = await get(access, buildUrl(access.settings, path, query));
    return parseTableDefinition(body);
  } catch (error) {
    // Any other failure must stop the pass: without the definition, our own columns would not be
    // read until the next full pass.
    if (error instanceof RemoteError && error.kind === 'permission' && error.status === 403)
      return { isTracked: true, columns: null, listed: new Set(), own: [] };
    throw error;
  }
}

/** A column that lists can contain, under its name there. */
export interface DescribedColumn {
  name: string;
  label: string;
  /** As metadata names it, such as Picklist. */
  type: string;
}

/** Requests the columns of a table with their labels. Throws RemoteError. */
export async function describeColumns(access: Access, table: string): Promise<DescribedColumn[]> {
  const path = `EntityDefinitions(LogicalName='${table}')`;
  const query = { $select: 'LogicalName', $expand: `Attributes($select=${FACTS},DisplayName)` };
  const { body } = await get(access, buildUrl(access.settings, path, query));
  const { Attributes: attributes } = parseBody(describedSchema, body, NO_DEFINITION);
  return attributes.filter(isColumn).map((attribute) => ({
    name: toColumnName(attribute),
    label: attribute.DisplayName?.UserLocalizedLabel?.Label?.trim() || attribute.LogicalName,
    type: attribute.AttributeType ?? '',
  }));
}

const NO_DEFINITION = 'Dynamics 365 returned something that is not the definition of a table.';

function parseTableDefinition(body: string): TableDefinition {
  const { ChangeTrackingEnabled: isTracked, Attributes: attributes } = parseBody(
    definitionSchema,
    body,
    NO_DEFINITION,
  );
  const listed = attributes.filter(isColumn);
  const own = listed.filter(({ LogicalName: name }) => name.startsWith(OUR_PREFIX));
  return {
    isTracked,
    columns: new Set(attributes.filter(isReadable).map(toColumnName)),
    listed: new Set(listed.map(toColumnName)),
    own: own.map(toColumnName),
  };
}

/**
 * Whether lists can contain an attribute. Metadata also lists companions, such as `hnt_segmentname`
 * with the label of `hnt_segment`: they name the column that they extend, most of them are of the
 * type Virtual, and the Web API refuses a list that asks for one. Sources:
 * https://learn.microsoft.com/en-us/power-apps/developer/data-platform/webapi/web-api-properties
 * and the reference of AttributeMetadata there (AttributeOf, IsValidODataAttribute).
 */
export function isColumn(attribute: Attribute): boolean {
  const { AttributeOf: extended, AttributeType: type } = attribute;
  return isReadable(attribute) && (extended ?? '') === '' && !UNREADABLE_TYPES.has(type ?? '');
}

/** False for what metadata itself excludes. The columns that we name are documented properties. */
const isReadable = (attribute: Attribute): boolean =>
  attribute.IsValidForRead !== false && attribute.IsValidODataAttribute !== false;

/** Types without a property, or with one whose value is a file or a list of rows. */
const UNREADABLE_TYPES = new Set([
  'Virtual',
  'EntityName',
  'PartyList',
  'CalendarRules',
  'ManagedProperty',
]);

/** Lists show a lookup by its id, under a name of its own. */
const toColumnName = ({ LogicalName: name, AttributeType: type }: Attribute): string =>
  LOOKUP_TYPES.has(type ?? '') ? `_${name}_value` : name;

const LOOKUP_TYPES = new Set(['Lookup', 'Customer', 'Owner']);

/**
 * The columns of a table that exist, followed by those of our own solution, and by those that a
 * mapping adds, as far as there is room for them in an address: it may have 32,768 characters.
 * Source:
 * https://learn.microsoft.com/en-us/power-apps/developer/data-platform/webapi/compose-http-requests-handle-errors
 */
export function selectColumns(
  wanted: readonly string[],
  extra: readonly string[],
  { columns, listed, own }: TableDefinition,
): string[] {
  return [
    ...wanted.filter((name) => columns?.has(name) ?? true),
    ...own,
    ...fitNames(extra.filter((name) => listed.has(name) && !own.includes(name))),
  ];
}
