import type { ConflictRule, FieldValue } from '../connectors/contract/destination.ts';

/*
 * How a mapping becomes a write, file by file:
 *
 *   lead-fields.ts         the catalogue of our fields that a mapping can name
 *   lead-values.ts         the values of those fields for given leads, read from the database
 *   destination-fields.ts  what the CRM says of its own fields (the mapping targets), cached
 *   store.ts               the mapping in force: which of our fields fills which target
 *   plan.ts                mapping + values + targets -> what each record in the CRM should hold
 *   merge.ts               plan + record as it stands in the CRM -> send, take, keep or conflict
 *   to-lead-values.ts      the way back: a value of the CRM -> a field of the lead
 *
 * validate.ts and save.ts guard what people save; preview.ts shows a plan without sending it.
 */

/**
 * One field as both sides have it now, and what they last agreed on. All three values are as the
 * CRM stores them (`toStoredValue`).
 */
export interface Sides {
  ours: FieldValue;
  theirs: FieldValue;
  /** What both sides had after the last successful push; undefined if they never agreed. */
  base: FieldValue | undefined;
  /** When each side last changed; null when it does not say. */
  oursChangedAt: Date | null;
  theirsChangedAt: Date | null;
}

/**
 * What happens to a field.
 * - same: both sides have the same value
 * - send: our value is written to the CRM
 * - take: the CRM's value is written here
 * - keep: the CRM keeps its value and nothing changes here, because we have no value to send
 * - conflict: both sides changed it, and a person decides
 */
export interface MergeDecision {
  kind: 'same' | 'send' | 'take' | 'keep' | 'conflict';
}

/**
 * Three-way merge of one field by its conflict rule. When the CRM returns what we wrote, the value
 * equals ours or the base, so an echo is never a conflict. Pure.
 */
export function mergeField(rule: ConflictRule, sides: Sides): MergeDecision {
  const { ours, theirs, base } = sides;
  if (ours === theirs) return { kind: 'same' };
  // A side that never had a value does not empty the other side.
  if (isUnset(theirs, base)) return { kind: 'send' };
  if (isUnset(ours, base)) return { kind: rule === 'ours' ? 'keep' : 'take' };
  if (rule === 'ours') return { kind: 'send' };
  if (rule === 'theirs') return { kind: 'take' };
  if (ours === base) return { kind: 'take' };
  if (theirs === base) return { kind: 'send' };
  return rule === 'newest' ? decideNewest(sides) : { kind: 'conflict' };
}

const isUnset = (value: FieldValue, base: FieldValue | undefined): boolean =>
  value === null && (base === null || base === undefined);

/**
 * Both sides changed the field: the later change wins. Ours wins when the CRM gives no time,
 * because ours is the value being sent.
 */
function decideNewest({ oursChangedAt, theirsChangedAt }: Sides): MergeDecision {
  if (theirsChangedAt === null) return { kind: 'send' };
  return { kind: oursChangedAt !== null && oursChangedAt >= theirsChangedAt ? 'send' : 'take' };
}
