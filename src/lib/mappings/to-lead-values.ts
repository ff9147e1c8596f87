import type { LeadRow } from '../entities/definition.ts';
import {
  normalizeValue,
  parseValue,
  type NewValues,
  type Overridable,
} from '../entities/lead/overrides.ts';
import { keysWith } from '../records/fields.ts';
import { leadFields } from '../records/lead.ts';
import type { FieldValue, TargetField } from '../connectors/contract/destination.ts';
import { getOwn } from '../platform/own.ts';
import type { CompiledRow } from './compile-rows.ts';
import { readNameParts } from './derived-values.ts';
import { toTargetValue } from './target-value.ts';

/**
 * Fields of the catalogue that are a field of the lead without change, by key: a value of the CRM
 * can be written back to them as an override.
 */
const directFields: Readonly<Record<string, Overridable>> = {
  ...Object.fromEntries(keysWith(leadFields, 'overridable').map((key) => [key, key])),
  companyOrDomain: 'company',
  companyOrName: 'company',
};

/** Fields of the catalogue that are a part of the lead's name. */
const nameParts = ['firstName', 'lastName'];

type Named = Pick<LeadRow, 'name' | 'firstName' | 'lastName'>;

/**
 * Why the values of a field in the CRM cannot come back, as a sentence; null when they can. Without
 * the CRM's definition of the field the row alone decides. Pure.
 */
export function findOneWayReason(
  { row: { sources }, back }: Pick<CompiledRow, 'row' | 'back'>,
  field: TargetField | undefined,
): string | null {
  if (sources.length === 0) return 'It comes from no source.';
  if (!sources.every((key) => Object.hasOwn(directFields, key) || nameParts.includes(key)))
    return 'We compute the value, so the lead has no field that could take theirs.';
  if (typeof back === 'string') return back;
  return back.optionsOnly && field !== undefined && field.type !== 'option'
    ? 'Values that are not in its table get lost or mixed up. Reject them.'
    : null;
}

/**
 * The values that the lead takes on when the CRM's value of one mapped field wins; undefined when
 * that value cannot be written back. A value is taken only if it would be sent as it is again, so
 * that it cannot change on its way there and back. Pure.
 */
export function toLeadValues(
  compiled: CompiledRow,
  field: TargetField,
  theirs: FieldValue,
  lead: Named,
): NewValues | undefined {
  const { back, fill } = compiled;
  if (typeof back === 'string' || findOneWayReason(compiled, field) !== null) return undefined;
  const sent = field.type === 'option' ? toLabel(field, theirs) : theirs;
  const restored = sent === undefined ? undefined : back.restore(sent);
  if (restored === undefined) return undefined;
  const values = Object.fromEntries(restored) as Record<string, FieldValue>;
  if (toTargetValue(field, fill(values), []) !== theirs) return undefined;
  return writeAll(Object.entries(values), lead);
}

/** The label of an option; undefined when the CRM no longer has it. */
function toLabel(field: TargetField, value: FieldValue): string | null | undefined {
  return value === null ? null : field.options?.find((option) => option.value === value)?.label;
}

function writeAll(
  values: readonly (readonly [string, FieldValue])[],
  lead: Named,
): NewValues | undefined {
  let current = lead;
  const all: NewValues = {};
  for (const [key, value] of values) {
    const written = writeOne(key, value === null ? null : String(value), current);
    if (written === undefined) return undefined;
    Object.assign(all, written);
    if (typeof written.name === 'string') current = { ...current, ...written, name: written.name };
  }
  return all;
}

function writeOne(key: string, text: string | null, lead: Named): NewValues | undefined {
  if (nameParts.includes(key)) return withNamePart(key, text, lead);
  const property = getOwn(directFields, key);
  if (property === undefined) return undefined;
  const value = parseValue(property, text);
  return value === undefined ? undefined : { [property]: normalizeValue(property, value) };
}

/** The parts are kept beside the name, so that the next push splits it where the CRM does. */
function withNamePart(part: string, text: string | null, lead: Named): NewValues | undefined {
  const { first, last } = readNameParts(lead);
  const [firstName, lastName] = part === 'firstName' ? [text, last] : [first, text];
  const name = parseValue('name', [firstName, lastName].filter(Boolean).join(' '));
  return typeof name === 'string' ? { name, firstName, lastName } : undefined;
}
