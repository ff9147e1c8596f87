import type { FieldMapping, TargetMetadata } from '../connectors/contract/destination.ts';
import { selectTargetMetadata } from '../mappings/destination-fields.ts';
import { pushSources } from '../mappings/lead-fields.ts';
import { selectMapping } from '../mappings/store.ts';
import { locateField, isWholeRecord } from '../outbound/pull/conflict.ts';
import { capitalize } from '../platform/capitalize.ts';
import type { Tx } from '../platform/db/pool.ts';

/** The CRM's field metadata, and the mapping of our fields. */
interface Destination {
  metadata: TargetMetadata | undefined;
  fields: FieldMapping[];
}
export type Destinations = ReadonlyMap<string, Destination>;

/** Reads the destination of each connection, each once. */
export async function readDestinations(
  tx: Tx,
  tenantId: string,
  connectionIds: Iterable<string>,
): Promise<Destinations> {
  const destinations = new Map<string, Destination>();
  for (const id of new Set(connectionIds))
    destinations.set(id, await readDestination(tx, tenantId, id));
  return destinations;
}

async function readDestination(
  tx: Tx,
  tenantId: string,
  connectionId: string,
): Promise<Destination> {
  const destinations = await selectTargetMetadata(tx, tenantId, connectionId);
  return {
    metadata: destinations?.metadata,
    fields:
      destinations === undefined ? [] : (await selectMapping(tx, tenantId, connectionId)).fields,
  };
}

/**
 * Returns the labels of a field on both sides, and how to format its values: options by their
 * label.
 */
export function describeField(
  { field, connectionId }: { field: string; connectionId: string },
  destinations: Destinations,
): { label: string; there: string | null; format: (value: string | null) => string | null } {
  const destination = destinations.get(connectionId);
  if (isWholeRecord({ field }))
    return {
      label: nameRecord(field, destination),
      there: null,
      format: (value) => value,
    };
  const targetField =
    destination?.metadata === undefined
      ? undefined
      : locateField({ metadata: destination.metadata }, field);
  const mapped = destination?.fields.find(
    ({ role, target }) =>
      targetField !== undefined && role === targetField.role && target === targetField.field.name,
  );
  const there =
    targetField === undefined
      ? field
      : targetField.role === 'lead'
        ? targetField.field.label
        : `${targetField.field.label} of the ${targetField.role}`;
  const label = pushSources.find(({ key }) => key === mapped?.source)?.label ?? there;
  const options = targetField?.field.options ?? [];
  return {
    label,
    there: label === there ? null : there,
    format: (value) => options.find((option) => String(option.value) === value)?.label ?? value,
  };
}

/** "Opportunity" for the deal of a lead, by its name in the CRM; else the whole record. */
function nameRecord(field: string, destination: Destination | undefined): string {
  if (!field.startsWith('deal.')) return 'Whole record';
  return capitalize(destination?.metadata?.objects.deal?.label ?? 'deal');
}
