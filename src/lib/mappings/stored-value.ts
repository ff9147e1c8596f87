import type { FieldValue, TargetField } from '../connectors/contract/destination.ts';

/**
 * Turns a value into what the CRM stores of it: trimmed and clipped text, null for blank text,
 * whole numbers, cents, whole seconds and UTC days where the field keeps no more. Both sides pass
 * through here before they are compared, so that what the CRM drops does not count as a change.
 * Null also when the value does not fit the type. Pure.
 */
export function toStoredValue(
  field: Pick<TargetField, 'type' | 'maxLength'> & Partial<Pick<TargetField, 'options'>>,
  value: FieldValue,
): FieldValue {
  if (value === null) return null;
  switch (field.type) {
    case 'boolean':
      return toBoolean(value);
    case 'integer':
      return toInteger(value);
    case 'option':
      return field.options?.some((option) => typeof option.value === 'string') === true
        ? clip(String(value), null)
        : toInteger(value);
    case 'decimal':
    case 'money':
      return roundToCents(value);
    case 'datetime':
      return toInstant(value);
    case 'date':
      return toInstant(value)?.slice(0, 'YYYY-MM-DD'.length) ?? null;
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

/** An ISO time in UTC, cut to the second: the CRM keeps no fractions. */
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

/** Cuts at UTF-16 units, which the CRM counts too, but never in the middle of a character. */
function clipUnits(text: string, maxUnits: number): string {
  const cut = text.slice(0, maxUnits);
  return cut.isWellFormed() ? cut : cut.slice(0, -1);
}
