import type { FieldConflict } from '../conflicts.ts';
import { mergeField } from '../../mappings/merge.ts';
import { toStoredValue } from '../../mappings/stored-value.ts';
import type { Plan } from '../../mappings/plan.ts';
import type {
  FieldMapping,
  FieldValue,
  TargetMetadata,
} from '../../connectors/contract/destination.ts';
import type { LeadRow } from '../../entities/definition.ts';
import type { NewValues } from '../../entities/lead/overrides.ts';
import { toLeadValues } from '../../mappings/to-lead-values.ts';

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
export interface PullResult {
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
export function compareCopy({
  mapping,
  metadata,
  item,
  base,
  plan,
  lead,
  oursChangedAt,
  theirsChangedAt,
}: PullInput): PullResult {
  const result: PullResult = {
    values: {},
    agreed: {},
    taken: [],
    sent: [],
    kept: [],
    conflicts: [],
    compared: [],
  };
  let currentLead = lead;
  for (const row of mapping) {
    const field = metadata.tables.lead.fields.find(({ name }) => name === row.target);
    if (row.table !== 'lead' || field === undefined || !Object.hasOwn(item, row.target)) continue;
    const theirs = toStoredValue(field, toFieldValue(item[row.target]));
    const before = Object.hasOwn(base, row.target) ? (base[row.target] ?? null) : undefined;
    if (before !== undefined) result.compared.push(row.target);
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
    if (kind === 'same') result.agreed[row.target] = theirs;
    if (kind === 'send') result.sent.push(row.target);
    if (kind === 'keep') result.kept.push(row.target);
    if (kind === 'conflict')
      result.conflicts.push({ field: row.target, ours, theirs, base: before });
    if (kind !== 'take') continue;
    const values = toLeadValues(row, field, theirs, currentLead);
    if (values === undefined) {
      result.kept.push(row.target);
      continue;
    }
    Object.assign(result.values, values);
    currentLead = { ...currentLead, ...(typeof values.name === 'string' && { name: values.name }) };
    result.taken.push(row.target);
    result.agreed[row.target] = theirs;
  }
  return result;
}

/** True when nothing is to be done. Pure. */
export function isEcho({ taken, sent, conflicts, agreed }: PullResult): boolean {
  return taken.length + sent.length + conflicts.length + Object.keys(agreed).length === 0;
}

function toFieldValue(value: unknown): FieldValue {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? value
    : null;
}
