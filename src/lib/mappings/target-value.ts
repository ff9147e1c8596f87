import type { FieldValue, TargetField } from '../connectors/contract/destination.ts';
import type { Json } from '../conversion/transformations/kit/value.ts';
import { RowRejection } from './compile-rows.ts';
import { toStoredValue } from './stored-value.ts';

/**
 * The value to write into a field of the CRM for what a row gives; undefined if it cannot be sent,
 * with the reason added to `problems` as a sentence. Pure.
 */
export function toTargetValue(
  field: TargetField,
  given: Json | RowRejection,
  problems: string[],
): FieldValue | undefined {
  if (field.type === 'lookup' || field.type === 'other') {
    problems.push(
      `"${field.name}" links to another record or holds a type that a mapping cannot fill.`,
    );
    return undefined;
  }
  if (given instanceof RowRejection) {
    problems.push(`"${field.name}" is left out. ${given.reason}`);
    return undefined;
  }
  if (given === null) return null;
  if (typeof given === 'object') {
    problems.push(`"${field.name}" holds one value, but its steps give several.`);
    return undefined;
  }
  return field.type === 'option'
    ? findOption(field, String(given), problems)
    : fitValue(field, given, problems);
}

function fitValue(
  field: TargetField,
  value: NonNullable<FieldValue>,
  problems: string[],
): FieldValue | undefined {
  const stored = toStoredValue(field, value);
  if (stored === null && String(value).trim() !== '')
    problems.push(`Our value does not fit "${field.name}", which has the type ${field.type}.`);
  if (typeof stored !== 'number' || isWithin(field, stored)) return stored;
  problems.push(`"${field.name}" only accepts numbers ${formatRange(field)}; ours is ${stored}.`);
  return undefined;
}

const isWithin = ({ min, max }: TargetField, value: number): boolean =>
  (min === null || value >= min) && (max === null || value <= max);

/** "from 0 to 100", "from 0", "up to 100". */
function formatRange({ min, max }: TargetField): string {
  if (min === null) return `up to ${max}`;
  return max === null ? `from ${min}` : `from ${min} to ${max}`;
}

/**
 * Finds an option by its label, ignoring case: a CRM stores options by numbers or names of its own,
 * and customers rename and add options, so these differ between environments.
 */
function findOption(field: TargetField, label: string, problems: string[]): FieldValue | undefined {
  const wanted = label.trim().toLowerCase();
  const options = field.options ?? [];
  const option = options.find((each) => each.label.trim().toLowerCase() === wanted);
  if (option === undefined) {
    const labels = options.map((each) => each.label).join(', ');
    problems.push(`"${field.name}" has no option "${label}". Its options are: ${labels}.`);
  }
  return option?.value;
}
