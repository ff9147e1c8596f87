import { z } from 'zod';
import { RemoteError } from '../../platform/http/errors.ts';
import { parseBody } from '../kit/json.ts';
import { buildUrl, get, type Access } from './request.ts';

/** The definition of a table in the environment. */
export interface TableDefinition {
  /** Whether changes can be followed by delta links. */
  isTracked: boolean;
  /** Names of the columns as they appear in lists; null when they are unknown. */
  columns: ReadonlySet<string> | null;
}

/** Prefix of the columns from our own solution, which not every customer has installed. */
const OUR_PREFIX = 'hnt_';

const definitionSchema = z.looseObject({
  ChangeTrackingEnabled: z.boolean(),
  Attributes: z.array(
    z.looseObject({ LogicalName: z.string(), AttributeType: z.string().optional() }),
  ),
});

/**
 * Requests the definition of a table. An application that may read rows may not always read
 * definitions; in that case the standard columns are assumed and change tracking is attempted.
 */
export async function readTableDefinition(access: Access, table: string): Promise<TableDefinition> {
  const query = {
    $select: 'LogicalName,ChangeTrackingEnabled',
    $expand: 'Attributes($select=LogicalName,AttributeType)',
  };
  try {
    const path = `EntityDefinitions(LogicalName='${table}')`;
    const { body } = await get(access, buildUrl(access.settings, path, query));
    return parseTableDefinition(body);
  } catch (error) {
    // Any other failure must stop the pass: without the definition, our own columns would not be
    // read until the next full pass.
    if (error instanceof RemoteError && error.kind === 'permission' && error.status === 403)
      return { isTracked: true, columns: null };
    throw error;
  }
}

function parseTableDefinition(body: string): TableDefinition {
  const { ChangeTrackingEnabled: isTracked, Attributes: attributes } = parseBody(
    definitionSchema,
    body,
    'Dynamics 365 returned something that is not the definition of a table.',
  );
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

/** The wanted columns that exist, followed by those of our own solution. */
export function selectColumns(wanted: readonly string[], { columns }: TableDefinition): string[] {
  if (columns === null) return [...wanted];
  return [
    ...wanted.filter((name) => columns.has(name)),
    ...[...columns].filter((name) => name.startsWith(OUR_PREFIX)),
  ];
}
