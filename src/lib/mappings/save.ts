import { unknownConnectionProblem } from '../connections/connections.ts';
import { Problem } from '../platform/errors.ts';
import { isId } from '../platform/id.ts';
import { readTenant } from '../identity/tenancy/with-tenant.ts';
import { pushSources } from './lead-fields.ts';
import type { FieldMapping } from '../connectors/contract/destination.ts';
import { mappingSchema, saveMapping, selectMapping, type VersionRemarks } from './store.ts';
import { selectTargetMetadata } from './destination-fields.ts';
import { validateMapping, type Validation } from './validate.ts';

/**
 * Validates a mapping, saves it as the next version and returns that version's number. Throws
 * Problem `bad_request`, which counts the errors, when the mapping is not valid, and `not_found`
 * without such a connection.
 */
export async function saveCheckedMapping(
  tenantId: string,
  connectionId: string,
  fields: readonly FieldMapping[],
  basedOn: number,
  by: string,
  remarks: VersionRemarks = {},
): Promise<number> {
  if (!isId(connectionId)) throw unknownConnectionProblem();
  if (!mappingSchema.safeParse(fields).success)
    throw new Problem(
      'bad_request',
      'The mapping was not saved because a row has no field, a source or a step that cannot be read, or ' +
        'text that is too long.',
    );
  const metadata = await readTenant(tenantId, (tx) =>
    selectTargetMetadata(tx, tenantId, connectionId),
  );
  const validation = await validateMapping(fields, metadata?.metadata, pushSources);
  if (!validation.isValid) throw createInvalidProblem(validation);
  return saveMapping(tenantId, connectionId, fields, basedOn, by, remarks);
}

function createInvalidProblem({ rows, missing }: Validation): Problem {
  const unfilled = missing.map(({ object, field }) => `"${field.label}" of the ${object}`);
  const wrong = rows.filter((problems) => problems.some(({ level }) => level === 'error')).length;
  const parts = [
    wrong > 0 && `${wrong} ${wrong === 1 ? 'row has' : 'rows have'} an error`,
    unfilled.length > 0 && `no row fills ${unfilled.join(', ')}`,
  ];
  return new Problem(
    'bad_request',
    `The mapping was not saved because ${parts.filter(Boolean).join(', and ')}. ` +
      'The errors are shown beside the rows; correct them and save again.',
  );
}

/**
 * Puts an older version in force again by saving it as a new version, whose number it returns: what
 * it changes about the default, upon the default of today. Version 0 is the provider's default.
 */
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
  return saveMapping(tenantId, connectionId, wanted.fields, current.version, by, {
    note: version === 0 ? 'The default again.' : `Version ${version} again.`,
  });
}
