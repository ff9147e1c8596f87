import { Problem } from '../platform/errors.ts';
import { readTenant } from '../identity/tenancy/with-tenant.ts';
import { pushSources } from './lead-fields.ts';
import type { FieldMapping } from '../connectors/contract/destination.ts';
import { mappingSchema, saveMapping, selectMapping } from './store.ts';
import { selectTargetMetadata } from './destinations.ts';
import { validateMapping } from './validate.ts';

/**
 * Saves a mapping that is in order as the next version, and says which that is. One that is not is
 * a Problem that says how much is wrong.
 */
export async function saveCheckedMapping(
  tenantId: string,
  connectionId: string,
  fields: readonly FieldMapping[],
  basedOn: number,
  by: string,
): Promise<number> {
  if (!mappingSchema.safeParse(fields).success)
    throw new Problem(
      'bad_request',
      'The mapping was not saved: a row has no field, no source, or text that is too long.',
    );
  const metadata = await readTenant(tenantId, (tx) =>
    selectTargetMetadata(tx, tenantId, connectionId),
  );
  const { isValid, rows, missing } = validateMapping(fields, metadata?.metadata, pushSources);
  if (isValid) return saveMapping(tenantId, connectionId, fields, basedOn, by);
  const wrong = rows.filter((problems) => problems.some(({ level }) => level === 'error')).length;
  const parts = [
    wrong > 0 && `${wrong} ${wrong === 1 ? 'row has' : 'rows have'} an error`,
    missing.length > 0 &&
      `nothing fills ${missing.map(({ table, field }) => `"${field.label}" of the ${table}`).join(', ')}`,
  ];
  throw new Problem(
    'bad_request',
    `The mapping was not saved: ${parts.filter(Boolean).join(', and ')}. What is wrong stands beside each row.`,
  );
}

/** Puts an older version in force again, as a new one; 0 is the provider's own. */
export async function restoreMapping(
  tenantId: string,
  connectionId: string,
  version: number,
  by: string,
): Promise<number> {
  const [wanted, current] = await readTenant(tenantId, async (tx) => [
    await selectMapping(tx, tenantId, connectionId, version),
    await selectMapping(tx, tenantId, connectionId),
  ]);
  return saveMapping(tenantId, connectionId, wanted.fields, current.version, by);
}
