import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { limits } from '../transformations/kit/limits.ts';
import { fieldShape, type FieldSchema } from './shape.ts';

/*
 * What a workspace changes about the default mapping of a provider, field by field. The default
 * moves on with each release; only what was changed stays.
 */

/** One change: the entry of the default that it was made upon, and what stands there instead. */
export interface Override<Field extends FieldSchema = FieldSchema> {
  target: string;
  /** Null for a field that the default did not fill. */
  base: Field | null;
  /** Null for a field that is no longer filled. */
  own: Field | null;
}

/** Changes of entries that are nothing but entries, as they are stored. */
export const overridesShape = z
  .array(
    z.strictObject({
      target: z.string(),
      base: fieldShape.nullable(),
      own: fieldShape.nullable(),
    }),
  )
  .max(limits.fields) satisfies z.ZodType<Override[], unknown>;

/** What turns a default into a mapping of one's own. Pure. */
export function findOverrides<Field extends FieldSchema>(
  base: readonly Field[],
  own: readonly Field[],
): Override<Field>[] {
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
export function applyOverrides<Field extends FieldSchema>(
  base: readonly Field[],
  overrides: readonly Override<Field>[],
): Field[] {
  const fields: Map<string, Field | null> = byTarget(base);
  for (const { target, own } of overrides) fields.set(target, own);
  return [...fields.values()].filter((field) => field !== null);
}

/**
 * The changes whose field the default fills otherwise than when they were made: worth a look,
 * because the reason for the change may be gone. Pure.
 */
export function findOutdated<Field extends FieldSchema>(
  base: readonly Field[],
  overrides: readonly Override<Field>[],
): Override<Field>[] {
  const now = byTarget(base);
  return overrides.filter(
    (change) => !isDeepStrictEqual(now.get(change.target) ?? null, change.base),
  );
}

const byTarget = <Field extends FieldSchema>(fields: readonly Field[]): Map<string, Field> =>
  new Map(fields.map((field) => [field.target, field]));
