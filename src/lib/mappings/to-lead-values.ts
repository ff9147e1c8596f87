import type { LeadRow } from '../entities/definition.ts';
import {
  normalizeValue,
  parseValue,
  type NewValues,
  type Overridable,
} from '../entities/lead/overrides.ts';
import { keysWith } from '../records/fields.ts';
import { leadFields } from '../records/lead.ts';
import type { FieldMapping, FieldValue, TargetField } from '../connectors/contract/destination.ts';
import { readNameParts } from './derived-values.ts';
import { getOwn } from '../platform/own.ts';

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

/** Whether a value of the CRM can be written back to the field that fills it. Pure. */
export function isInvertible({ source }: Pick<FieldMapping, 'source'>): boolean {
  return Object.hasOwn(directFields, source) || nameParts.includes(source);
}

/**
 * The values that the lead takes on when the CRM's value of one mapped field wins; undefined when
 * that value cannot be written back. Pure.
 */
export function toLeadValues(
  row: FieldMapping,
  field: TargetField,
  theirs: FieldValue,
  lead: Pick<LeadRow, 'name' | 'firstName' | 'lastName'>,
): NewValues | undefined {
  const text = toText(row, field, theirs);
  if (text === undefined) return undefined;
  if (nameParts.includes(row.source)) return withNamePart(row.source, text, lead);
  const property = getOwn(directFields, row.source);
  if (property === undefined) return undefined;
  const value = parseValue(property, text);
  return value === undefined ? undefined : { [property]: normalizeValue(property, value) };
}

/** The CRM's value as our text: an option becomes our word for it, otherwise its label. */
function toText(
  { labels = {} }: FieldMapping,
  field: TargetField,
  value: FieldValue,
): string | null | undefined {
  if (value === null) return null;
  if (field.type !== 'option') return String(value);
  const label = field.options?.find((option) => option.value === value)?.label;
  if (label === undefined) return undefined;
  const same = (one: string) => one.trim().toLowerCase() === label.trim().toLowerCase();
  return Object.entries(labels).find(([, remoteLabel]) => same(remoteLabel))?.[0] ?? label;
}

/** The parts are kept beside the name, so that the next push splits it where the CRM does. */
function withNamePart(
  part: string,
  text: string | null,
  lead: Parameters<typeof readNameParts>[0],
): NewValues | undefined {
  const { first, last } = readNameParts(lead);
  const [firstName, lastName] = part === 'firstName' ? [text, last] : [first, text];
  const name = parseValue('name', [firstName, lastName].filter(Boolean).join(' '));
  return typeof name === 'string' ? { name, firstName, lastName } : undefined;
}
