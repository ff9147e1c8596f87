import { tooLong } from './bounds.ts';
import { limits } from './limits.ts';
import type { Json, Rejection } from './value.ts';

/** A text, number or yes and no as text; undefined for a list or an object; "" for null. */
export function toText(value: Json): string | undefined {
  if (value === null) return '';
  return typeof value === 'object' ? undefined : String(value);
}

/** Whether a value tells nothing: null, blank text, a list without elements. */
export function isBlank(value: Json): boolean {
  if (typeof value === 'string') return value.trim() === '';
  return value === null || (Array.isArray(value) && value.length === 0);
}

/** Texts one after another. Their lengths are added up first, so that nothing too long is built. */
export function joinTexts(parts: readonly string[], separator = ''): string | Rejection {
  const between = separator.length * Math.max(0, parts.length - 1);
  const length = parts.reduce((sum, part) => sum + part.length, between);
  return length > limits.text ? tooLong : parts.join(separator);
}

/** A part of a text, counted in UTF-16 units, without the half of a character at its ends. */
export function cutText(text: string, start: number, end?: number): string {
  const cut = text.slice(start, end);
  return cut.isWellFormed() ? cut : cut.replace(/^[\uDC00-\uDFFF]|[\uD800-\uDBFF]$/g, '');
}
