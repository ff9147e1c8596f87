import { z } from 'zod';
import { RemoteError } from '../../platform/http/errors.ts';
import { buildUrl, get, tryParseJson, type Access } from './request.ts';

/** What the environment says of a table. */
export interface TableDefinition {
  isTracked: boolean;
  /** Names of its columns as lists show them; null when it does not say. */
  columns: ReadonlySet<string> | null;
}

/** What begins our own columns, which not every customer has. */
const OUR_PREFIX = 'hnt_';

const definitionSchema = z.looseObject({
  ChangeTrackingEnabled: z.boolean(),
  Attributes: z.array(
    z.looseObject({ LogicalName: z.string(), AttributeType: z.string().optional() }),
  ),
});

/**
 * Asks whether changes of a table can be followed, and which columns it has. Who may read rows may
 * not always read definitions: then the columns that every environment has are taken for granted,
 * and tracking is tried.
 */
export async function readTableDefinition(access: Access, table: string): Promise<TableDefinition> {
  const query = {
    $select: 'LogicalName,ChangeTrackingEnabled',
    $expand: 'Attributes($select=LogicalName,AttributeType)',
  };
  try {
    return parseTableDefinition(
      (
        await get(
          access,
          buildUrl(access.settings, `EntityDefinitions(LogicalName='${table}')`, query),
        )
      ).body,
    );
  } catch (error) {
    // Nothing else may pass for it: without the definition our own columns would go unread until
    // the next full pass.
    if (error instanceof RemoteError && error.kind === 'permission' && error.status === 403)
      return { isTracked: true, columns: null };
    throw error;
  }
}

function parseTableDefinition(body: string): TableDefinition {
  const parsed = definitionSchema.safeParse(tryParseJson(body));
  if (!parsed.success)
    throw new RemoteError(
      'malformed',
      'Dynamics 365 answered something that is not the definition of a table.',
    );
  const { ChangeTrackingEnabled: isTracked, Attributes: attributes } = parsed.data;
  return {
    isTracked,
    columns: new Set(
      attributes.map(({ LogicalName: name, AttributeType: type }) =>
        LOOKUP_TYPES.has(type ?? '') ? `_${name}_value` : name,
      ),
    ),
  };
}

const LOOKUP_TYPES = new Set(['Lookup', 'Customer', 'Owner', 'PartyList']);

/** Those of the wanted columns that there are, and what our own solution has added. */
export function selectColumns(wanted: readonly string[], { columns }: TableDefinition): string[] {
  if (columns === null) return [...wanted];
  return [
    ...wanted.filter((name) => columns.has(name)),
    ...[...columns].filter((name) => name.startsWith(OUR_PREFIX)),
  ];
}
