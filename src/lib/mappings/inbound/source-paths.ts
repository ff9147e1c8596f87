import type { SourceField } from '../../connectors/contract/discovery.ts';
import { joinPath } from '../../conversion/transformations/kit/path.ts';
import type { ValueType } from '../../conversion/transformations/kit/types.ts';
import type { Json } from '../../conversion/transformations/kit/value.ts';

/** A field of the source's items, by its path, with what stored items hold there. */
export interface SourcePath {
  path: string;
  /** Different values, as the items hold them; at most `maxSamples`. */
  samples: Json[];
  /** In how many of the items it has a value. */
  filled: number;
  /** What people call it there and what it holds, where the source has described it. */
  label?: string;
  type?: ValueType;
}

const maxSamples = 5;
/** More fields than a person could look through, and than any system's records have in use. */
const maxPaths = 1_000;
/** How deep objects are followed: what lies deeper belongs to other records. */
const maxDepth = 4;

/**
 * The fields that items hold, in the order in which they appear; lists are fields as a whole. Pure.
 */
export function listSourcePaths(items: readonly unknown[]): SourcePath[] {
  const found = new Map<string, SourcePath>();
  for (const item of items) addPaths(item, '', 0, found);
  return [...found.values()];
}

/**
 * The fields that items hold with what the source says of them, then those that it has besides:
 * nothing stored holds these, because they were not asked for or are empty. Pure.
 */
export function describePaths(
  held: readonly SourcePath[],
  described: readonly SourceField[],
): SourcePath[] {
  const known = new Map(described.map((field) => [field.path, field]));
  const there = new Set(held.map(({ path }) => path));
  const others = described.filter(({ path }) => !there.has(path));
  return [
    ...held.map((one) => {
      const field = known.get(one.path);
      return field === undefined ? one : { ...one, label: field.label, type: field.type };
    }),
    ...others.map(({ path, label, type }) => ({ path, label, type, samples: [], filled: 0 })),
  ];
}

function addPaths(value: unknown, path: string, depth: number, found: Map<string, SourcePath>) {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    if (depth > maxDepth) return;
    for (const [name, part] of Object.entries(value))
      addPaths(part, joinPath(path, name), depth + 1, found);
    return;
  }
  if (path === '') return;
  const known = found.get(path) ?? { path, samples: [], filled: 0 };
  if (!found.has(path)) {
    if (found.size >= maxPaths) return;
    found.set(path, known);
  }
  if (value === null || value === undefined || value === '') return;
  known.filled += 1;
  const sample = value as Json;
  if (known.samples.length < maxSamples && !known.samples.includes(sample))
    known.samples.push(sample);
}
