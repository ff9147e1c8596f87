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

/**
 * Our sources that are a field of the lead as it is: what the CRM says of them can be said here.
 */
const directFields: Readonly<Record<string, Overridable>> = {
  ...Object.fromEntries(keysWith(leadFields, 'overridable').map((key) => [key, key])),
  companyOrDomain: 'company',
};

/** Sources that are a part of the name. */
const nameParts = ['firstName', 'lastName'];

/** Whether a value of the CRM can come back into the field that fills it. Pure. */
export function isInvertible({ source }: Pick<FieldMapping, 'source'>): boolean {
  return Object.hasOwn(directFields, source) || nameParts.includes(source);
}

/**
 * What the lead would say if it agreed with the CRM on a field; undefined when that cannot be said
 * here. Pure.
 */
export function toLeadValues(
  row: FieldMapping,
  field: TargetField,
  theirs: FieldValue,
  lead: Pick<LeadRow, 'name'>,
): NewValues | undefined {
  const text = toText(row, field, theirs);
  if (text === undefined) return undefined;
  if (nameParts.includes(row.source)) return withNamePart(row.source, text, lead.name);
  const property = Object.hasOwn(directFields, row.source) ? directFields[row.source] : undefined;
  if (property === undefined) return undefined;
  const value = parseValue(property, text);
  return value === undefined ? undefined : { [property]: normalizeValue(property, value) };
}

/** A value of the CRM in our words: options by their label, and by what of ours stands for it. */
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

function withNamePart(part: string, text: string | null, name: string): NewValues | undefined {
  const words = name.trim().split(/\s+/);
  const [first, last] = [words.slice(0, -1).join(' '), words.at(-1) ?? ''];
  const whole = (part === 'firstName' ? [text ?? '', last] : [first, text ?? ''])
    .filter(Boolean)
    .join(' ');
  const value = parseValue('name', whole);
  return typeof value === 'string' ? { name: value } : undefined;
}
