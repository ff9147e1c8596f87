import type { FieldConflict } from '../conflicts.ts';
import { asStored, mergeField } from '../../mappings/merge.ts';
import type { Plan } from '../../mappings/plan.ts';
import type {
  FieldMapping,
  FieldValue,
  TargetMetadata,
} from '../../connectors/contract/destination.ts';
import type { LeadRow } from '../../entities/definition.ts';
import type { NewValues } from '../../entities/lead/overrides.ts';
import { inverseOf } from '../../mappings/inverse.ts';

export interface PullInput {
  mapping: readonly FieldMapping[];
  metadata: TargetMetadata;
  /** The item as it came from the CRM. */
  item: Record<string, unknown>;
  /** What both sides agreed on last. */
  base: Record<string, FieldValue>;
  /** What we would send now. */
  plan: Plan;
  lead: Pick<LeadRow, 'name'>;
  oursChangedAt: Date | null;
  theirsChangedAt: Date | null;
}

/** What follows from a copy that is not as both sides agreed. */
export interface Pulled {
  /** What the lead is to say. */
  values: NewValues;
  /** On what both sides agree now, by remote field. */
  agreed: Record<string, FieldValue>;
  /** Remote fields whose value comes to us. */
  taken: string[];
  /** Remote fields that are to be written again. */
  sent: string[];
  /** Remote fields that stay as they are there, because we cannot say the same. */
  kept: string[];
  conflicts: FieldConflict[];
  /** Every remote field that was compared. */
  compared: string[];
}

/**
 * Compares the copy of a lead with what both sides agreed on: what the CRM did not change since is
 * no news, whatever we say meanwhile, and neither is the echo of our own write. Pure.
 */
export function comparePulled({
  mapping,
  metadata,
  item,
  base,
  plan,
  lead,
  oursChangedAt,
  theirsChangedAt,
}: PullInput): Pulled {
  const pulled: Pulled = {
    values: {},
    agreed: {},
    taken: [],
    sent: [],
    kept: [],
    conflicts: [],
    compared: [],
  };
  let said = lead;
  for (const row of mapping) {
    const field = metadata.tables.lead.fields.find(({ name }) => name === row.target);
    if (row.table !== 'lead' || field === undefined || !Object.hasOwn(item, row.target)) continue;
    const theirs = asStored(field, fieldValue(item[row.target]));
    const before = Object.hasOwn(base, row.target) ? (base[row.target] ?? null) : undefined;
    if (before !== undefined) pulled.compared.push(row.target);
    if (theirs === before) continue;
    // A value of ours that cannot be sent stays out of it: the CRM then has the only say.
    const ours = plan.tables.lead?.values[row.target] ?? null;
    const { kind } = mergeField(row.rule, {
      ours,
      theirs,
      base: before,
      oursChangedAt,
      theirsChangedAt,
    });
    // What both sides never agreed on is the next push's to find out; only what the CRM alone knows
    // comes back at once.
    if (before === undefined && kind !== 'take' && kind !== 'same') continue;
    if (kind === 'same') pulled.agreed[row.target] = theirs;
    if (kind === 'send') pulled.sent.push(row.target);
    if (kind === 'keep') pulled.kept.push(row.target);
    if (kind === 'conflict')
      pulled.conflicts.push({ field: row.target, ours, theirs, base: before });
    if (kind !== 'take') continue;
    const values = inverseOf(row, field, theirs, said);
    if (values === undefined) {
      pulled.kept.push(row.target);
      continue;
    }
    Object.assign(pulled.values, values);
    said = { ...said, ...(typeof values.name === 'string' && { name: values.name }) };
    pulled.taken.push(row.target);
    pulled.agreed[row.target] = theirs;
  }
  return pulled;
}

/** True when nothing is to be done. Pure. */
export function isEcho({ taken, sent, conflicts, agreed }: Pulled): boolean {
  return taken.length + sent.length + conflicts.length + Object.keys(agreed).length === 0;
}

function fieldValue(value: unknown): FieldValue {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? value
    : null;
}
