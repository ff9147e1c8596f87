import { formatLimit, limits } from './limits.ts';
import { reject, type Rejection } from './value.ts';

export const tooLong = reject(`is longer than ${formatLimit(limits.text)} characters`);
export const tooMany = reject(`holds more than ${formatLimit(limits.list)} elements`);
const tooLarge = reject(`holds more than ${formatLimit(limits.size)} characters in all`);
const tooDeep = reject(`is nested more than ${limits.depth} deep`);
const notFinite = reject('is not a finite number');
const notJson = reject('is no JSON value');

/** What keeps a value from flowing on: its size, or that it is no JSON. Null for nothing. */
export function findExcess(value: unknown): Rejection | null {
  switch (typeof value) {
    case 'string':
      return value.length > limits.text ? tooLong : null;
    case 'number':
      return Number.isFinite(value) ? null : notFinite;
    case 'boolean':
      return null;
    case 'object':
      return value === null ? null : weigh(value, { left: limits.size }, 1);
    default:
      return notJson;
  }
}

/** Weighs values one after another, until all of them together are more than may flow on. */
export function startWeighing(): (value: unknown) => Rejection | null {
  const scale = { left: limits.size };
  return (value) => weighPart(value, scale, 1);
}

/** Takes the size of a list or object from what is left, and stops where nothing is left. */
function weigh(value: object, scale: { left: number }, depth: number): Rejection | null {
  if (depth > limits.depth) return tooDeep;
  if (Array.isArray(value)) {
    if (value.length > limits.list) return tooMany;
    for (const element of value) {
      const excess = weighPart(element, scale, depth);
      if (excess !== null) return excess;
    }
    return null;
  }
  // Not Object.entries: it would copy an object of any size before the first look at it.
  for (const name in value) {
    if (!Object.hasOwn(value, name)) continue;
    scale.left -= name.length;
    const excess = weighPart((value as Record<string, unknown>)[name], scale, depth);
    if (excess !== null) return excess;
  }
  return null;
}

function weighPart(part: unknown, scale: { left: number }, depth: number): Rejection | null {
  scale.left -= typeof part === 'string' ? part.length + 1 : 1;
  if (scale.left < 0) return tooLarge;
  return typeof part === 'object' && part !== null
    ? weigh(part, scale, depth + 1)
    : findExcess(part);
}
