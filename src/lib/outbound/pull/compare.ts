import type { FieldConflict } from '../conflicts.ts';
import type { CompiledRow } from '../../mappings/compile-rows.ts';
import { mergeField } from '../../mappings/merge.ts';
import { findTargetField } from '../../mappings/target-fields.ts';
import { toStoredValue } from '../../mappings/stored-value.ts';
import type { Plan } from '../../mappings/plan.ts';
import type { FieldValue, TargetMetadata } from '../../connectors/contract/destination.ts';
import type { LeadRow } from '../../entities/definition.ts';
import type { NewValues } from '../../entities/lead/overrides.ts';
import { toLeadValues } from '../../mappings/to-lead-values.ts';
import { getOwn } from '../../platform/own.ts';

export interface PullInput {
  mapping: readonly CompiledRow[];
  metadata: TargetMetadata;
  /** The fields of the item as it came from the CRM. */
  item: Record<string, unknown>;
  /** The values that both sides agreed on last. */
  base: Record<string, FieldValue>;
  /** The values that we would send now. */
  plan: Plan;
  lead: Pick<LeadRow, 'name' | 'firstName' | 'lastName'>;
  oursChangedAt: Date | null;
  theirsChangedAt: Date | null;
}

/** What follows from a copy whose values differ from the agreed ones. */
export interface PullResult {
  /** New values of the lead. */
  values: NewValues;
  /** The values that both sides agree on now, by remote field. */
  agreed: Record<string, FieldValue>;
  /** Remote fields whose value is taken over into the lead. */
  taken: string[];
  /** Remote fields that are to be written again. */
  sent: string[];
  /** Remote fields that keep their value in the CRM, because the lead cannot hold it. */
  kept: string[];
  conflicts: FieldConflict[];
  /** Every remote field that was compared. */
  compared: string[];
}

/**
 * Compares the copy of a lead with the values that both sides agreed on. A value that the CRM has
 * not changed since, like the echo of our own write, is no news, whatever our lead says by now.
 * Pure.
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
  for (const compiled of mapping) {
    const { row } = compiled;
    const field = findTargetField(metadata, 'lead', row.target);
    if (row.role !== 'lead' || field === undefined || !Object.hasOwn(item, row.target)) continue;
    const theirs = toStoredValue(field, toFieldValue(item[row.target]));
    const before = Object.hasOwn(base, row.target) ? (base[row.target] ?? null) : undefined;
    if (before !== undefined) result.compared.push(row.target);
    if (theirs === before) continue;
    // A value of ours that cannot be sent does not take part: then the CRM's value decides.
    const ours = getOwn(plan.records.lead?.values ?? {}, row.target) ?? null;
    const { kind } = mergeField(row.rule, {
      ours,
      theirs,
      base: before,
      oursChangedAt,
      theirsChangedAt,
    });
    // A field without an agreed value is left to the next push; only a value that the CRM alone has
    // is taken over at once.
    if (before === undefined && kind !== 'take' && kind !== 'same') continue;
    if (kind === 'same') result.agreed[row.target] = theirs;
    if (kind === 'send') result.sent.push(row.target);
    if (kind === 'keep') result.kept.push(row.target);
    if (kind === 'conflict')
      result.conflicts.push({ field: row.target, ours, theirs, base: before });
    if (kind !== 'take') continue;
    const values = toLeadValues(compiled, field, theirs, currentLead);
    if (values === undefined) {
      result.kept.push(row.target);
      continue;
    }
    Object.assign(result.values, values);
    if (typeof values.name === 'string')
      currentLead = { ...currentLead, ...values, name: values.name };
    result.taken.push(row.target);
    result.agreed[row.target] = theirs;
  }
  return result;
}

/** Whether the result leaves nothing to do. Pure. */
export function isEcho({ taken, sent, conflicts, agreed }: PullResult): boolean {
  return taken.length + sent.length + conflicts.length + Object.keys(agreed).length === 0;
}

function toFieldValue(value: unknown): FieldValue {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? value
    : null;
}
