import { z } from 'zod';
import { RemoteError } from '../../platform/http/errors.ts';
import { address, ask, jsonOf, type Access } from './request.ts';

/** What the environment says of a table. */
export interface TableFacts {
  isTracked: boolean;
  /** Names of its columns as lists show them; null when it does not say. */
  columns: ReadonlySet<string> | null;
}

/** What begins our own columns, which not every customer has. */
const OURS = 'hnt_';

const definition = z.looseObject({ ChangeTrackingEnabled: z.boolean(), Attributes: z.array(z.looseObject({ LogicalName: z.string(), AttributeType: z.string().optional() })).optional() });

/**
 * Asks whether changes of a table can be followed, and which columns it has. Who may read rows may not always read
 * definitions: then the columns that every environment has are taken for granted, and tracking is tried.
 */
export async function tableFacts(access: Access, table: string): Promise<TableFacts> {
  const query = { $select: 'LogicalName,ChangeTrackingEnabled', $expand: 'Attributes($select=LogicalName,AttributeType)' };
  try {
    const answer = await ask(access, address(access.settings, `EntityDefinitions(LogicalName='${table}')`, query));
    const { ChangeTrackingEnabled: isTracked, Attributes = [] } = definition.parse(jsonOf(answer.body));
    return { isTracked, columns: Attributes.length === 0 ? null : new Set(Attributes.map(({ LogicalName: name, AttributeType: type }) => (LOOKUPS.has(type ?? '') ? `_${name}_value` : name))) };
  } catch (error) {
    if (error instanceof z.ZodError || (error instanceof RemoteError && ['permission', 'gone', 'malformed'].includes(error.kind))) return { isTracked: true, columns: null };
    throw error;
  }
}

const LOOKUPS = new Set(['Lookup', 'Customer', 'Owner', 'PartyList']);

/** Those of the wanted columns that there are, and what our own solution has added. */
export function columnsOf(wanted: readonly string[], { columns }: TableFacts): string[] {
  if (columns === null) return [...wanted];
  return [...wanted.filter((name) => columns.has(name)), ...[...columns].filter((name) => name.startsWith(OURS))];
}
