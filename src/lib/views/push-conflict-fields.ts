import type { TargetMetadata } from '../connectors/contract/destination.ts';
import { compileRows, type CompiledRow } from '../mappings/compile-rows.ts';
import { selectTargetMetadata } from '../mappings/destination-fields.ts';
import { pushSources } from '../mappings/lead-fields.ts';
import { selectMapping } from '../mappings/store.ts';
import { findOneWayReason } from '../mappings/to-lead-values.ts';
import { locateField, isWholeRecord } from '../outbound/pull/conflict.ts';
import { capitalize } from '../platform/capitalize.ts';
import type { Tx } from '../platform/db/pool.ts';

/** The CRM's field metadata, and the mapping of our fields. */
interface Destination {
  metadata: TargetMetadata | undefined;
  rows: readonly CompiledRow[];
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
  if (destinations === undefined) return { metadata: undefined, rows: [] };
  const { fields } = await selectMapping(tx, tenantId, connectionId);
  return { metadata: destinations.metadata, rows: await compileRows(fields) };
}

/** A field of a conflict, for people to read. */
interface DescribedField {
  label: string;
  /** The CRM's name of it; null when it is the same. */
  there: string | null;
  /** Why their value cannot come to our lead, as a sentence; null when it can. */
  oneWay: string | null;
  /** Options by their label. */
  format: (value: string | null) => string | null;
}

/** Describes the field that a conflict is about. */
export function describeField(
  { field, connectionId }: { field: string; connectionId: string },
  destinations: Destinations,
): DescribedField {
  const destination = destinations.get(connectionId);
  if (isWholeRecord({ field }))
    return {
      label: nameRecord(field, destination),
      there: null,
      oneWay: null,
      format: (value) => value,
    };
  const targetField =
    destination?.metadata === undefined
      ? undefined
      : locateField({ metadata: destination.metadata }, field);
  const mapped = destination?.rows.find(
    ({ row: { role, target } }) =>
      targetField !== undefined && role === targetField.role && target === targetField.field.name,
  );
  const there =
    targetField === undefined
      ? field
      : targetField.role === 'lead'
        ? targetField.field.label
        : `${targetField.field.label} of the ${targetField.role}`;
  const [source, ...more] = mapped?.row.sources ?? [];
  const ours = more.length === 0 ? pushSources.find(({ key }) => key === source) : undefined;
  const label = ours?.label ?? there;
  const options = targetField?.field.options ?? [];
  return {
    label,
    there: label === there ? null : there,
    oneWay: mapped === undefined ? null : findOneWayReason(mapped, targetField?.field),
    format: (value) => options.find((option) => String(option.value) === value)?.label ?? value,
  };
}

/** "Opportunity" for the deal of a lead, by its name in the CRM; else the whole record. */
function nameRecord(field: string, destination: Destination | undefined): string {
  if (!field.startsWith('deal.')) return 'Whole record';
  return capitalize(destination?.metadata?.objects.deal?.label ?? 'deal');
}
