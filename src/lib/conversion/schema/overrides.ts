import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { limits } from '../transformations/kit/limits.ts';
import { fieldShape, type FieldSchema, type MappingSchema } from './shape.ts';

/*
 * What a workspace changes about the default mapping of a provider, field by field. The default
 * moves on with each release; only what was changed stays.
 */

const overrideShape = z.strictObject({
  target: z.string(),
  /** Null for a field that the default did not fill. */
  base: fieldShape.nullable(),
  /** Null for a field that is no longer filled. */
  own: fieldShape.nullable(),
});
/** One change: the entry of the default that it was made upon, and what stands there instead. */
export type Override = z.output<typeof overrideShape>;

/** The changes of a workspace as they are stored. */
export const overridesShape = z.array(overrideShape).max(limits.fields);

/** What turns a default into a mapping of one's own. Pure. */
export function findOverrides(base: MappingSchema, own: MappingSchema): Override[] {
  const [before, after] = [byTarget(base), byTarget(own)];
  const targets = [...new Set([...before.keys(), ...after.keys()])];
  return targets
    .map((target) => ({
      target,
      base: before.get(target) ?? null,
      own: after.get(target) ?? null,
    }))
    .filter((change) => !isDeepStrictEqual(change.base, change.own));
}

/**
 * The default with the changes, in the order of the default; fields that it does not have come
 * last. Pure.
 */
export function applyOverrides(base: MappingSchema, overrides: readonly Override[]): MappingSchema {
  const fields: Map<string, FieldSchema | null> = byTarget(base);
  for (const { target, own } of overrides) fields.set(target, own);
  return [...fields.values()].filter((field) => field !== null);
}

/**
 * The changes whose field the default fills otherwise than when they were made: worth a look,
 * because the reason for the change may be gone. Pure.
 */
export function findOutdated(base: MappingSchema, overrides: readonly Override[]): Override[] {
  const now = byTarget(base);
  return overrides.filter(
    (change) => !isDeepStrictEqual(now.get(change.target) ?? null, change.base),
  );
}

const byTarget = (fields: MappingSchema): Map<string, FieldSchema> =>
  new Map(fields.map((field) => [field.target, field]));
