import type { ConflictRule, FieldValue, TargetField } from '../connectors/contract/destination.ts';

/**
 * One field as both sides have it now, and what they last agreed on. All three as the CRM would
 * store them (`toStoredValue`).
 */
export interface Sides {
  ours: FieldValue;
  theirs: FieldValue;
  /** What both had after the last success; undefined while they never agreed on anything. */
  base: FieldValue | undefined;
  /** When each side changed last, as far as it says so. */
  oursChangedAt: Date | null;
  theirsChangedAt: Date | null;
}

/**
 * What is to become of a field.
 * - same: both have the same value
 * - send: ours is written there
 * - take: theirs is written here
 * - keep: theirs stays there, and nothing comes of it here: we have nothing to say
 * - conflict: both changed it, and a person decides
 */
export interface MergeDecision {
  kind: 'same' | 'send' | 'take' | 'keep' | 'conflict';
}

/**
 * Decides one field by its rule. An echo of what we wrote is the same as ours, or as the base:
 * never a conflict. Pure.
 */
export function mergeField(rule: ConflictRule, sides: Sides): MergeDecision {
  const { ours, theirs, base } = sides;
  if (ours === theirs) return { kind: 'same' };
  // A side that never had a value does not empty the other one's.
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
 * Both changed it: the later one wins; ours when neither says when, because it is the one that is
 * being sent.
 */
function decideNewest({ oursChangedAt, theirsChangedAt }: Sides): MergeDecision {
  if (theirsChangedAt === null) return { kind: 'send' };
  return { kind: oursChangedAt !== null && oursChangedAt >= theirsChangedAt ? 'send' : 'take' };
}

/**
 * A value as the CRM keeps it, so that both sides can be compared: trimmed, clipped, blank as
 * nothing, whole numbers and seconds where it keeps no more. Pure.
 */
export function toStoredValue(
  field: Pick<TargetField, 'type' | 'maxLength'>,
  value: FieldValue,
): FieldValue {
  if (value === null) return null;
  switch (field.type) {
    case 'boolean':
      return toBoolean(value);
    case 'integer':
    case 'option':
      return toInteger(value);
    case 'decimal':
    case 'money':
      return roundToCents(value);
    case 'datetime':
      return toInstant(value);
    default:
      return clip(String(value), field.maxLength);
  }
}

function toBoolean(value: FieldValue): boolean | null {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'number') return value !== 0;
  const text = String(value).trim().toLowerCase();
  return text === '' ? null : ['true', 'yes', '1'].includes(text);
}

function toInteger(value: FieldValue): number | null {
  const number = toNumber(value);
  return number === null ? null : Math.round(number);
}

function roundToCents(value: FieldValue): number | null {
  const number = toNumber(value);
  return number === null ? null : Math.round(number * 100) / 100;
}

function toNumber(value: FieldValue): number | null {
  if (typeof value === 'string' && value.trim() === '') return null;
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
}

/** To the second, in UTC: more is not kept there. */
function toInstant(value: FieldValue): string | null {
  const time =
    typeof value === 'boolean' || value === null ? Number.NaN : new Date(value).getTime();
  return Number.isNaN(time)
    ? null
    : `${new Date(Math.floor(time / 1000) * 1000).toISOString().slice(0, 19)}Z`;
}

function clip(text: string, maxLength: number | null): string | null {
  const wellFormed = text.toWellFormed().replaceAll('\r\n', '\n').trim();
  const clipped =
    maxLength === null || wellFormed.length <= maxLength
      ? wellFormed
      : clipUnits(wellFormed, maxLength).trimEnd();
  return clipped === '' ? null : clipped;
}

/** The CRM counts UTF-16 units, as JavaScript does; no character is cut in half. */
function clipUnits(text: string, maxUnits: number): string {
  const cut = text.slice(0, maxUnits);
  return cut.isWellFormed() ? cut : cut.slice(0, -1);
}
