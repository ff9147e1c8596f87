import { z } from 'zod';
import { scalar } from '../transformations/kit/arguments.ts';
import { limits } from '../transformations/kit/limits.ts';
import { pathText } from '../transformations/kit/path.ts';
import { stepList } from '../transformations/kit/steps.ts';

/*
 * The shape of a mapping as it is stored and edited: data, without a language of its own.
 */

const inherited = new Set(['__proto__', 'constructor', 'prototype']);

/** One entry: what a field is filled with. */
export const fieldShape = z.strictObject({
  /** The field that is filled. */
  target: z
    .string()
    .min(1)
    .max(200)
    .refine((name) => !inherited.has(name), 'is a name that every object answers to'),
  /** Where its value comes from: the value of one path, or the list of those of several. */
  sources: z.array(pathText).max(limits.sources),
  /** What is done to it, in this order. */
  steps: stepList.default([]),
  /** What the field holds when its value is rejected; without it the field is left out. */
  fallback: scalar.optional(),
});
export type FieldSchema = z.output<typeof fieldShape>;

/** A mapping: one entry for each field that it fills. */
export const mappingShape = z
  .array(fieldShape)
  .max(limits.fields)
  .superRefine((fields, context) => {
    const seen = new Set<string>();
    for (const [at, { target }] of fields.entries()) {
      if (seen.has(target))
        context.addIssue({
          code: 'custom',
          path: [at, 'target'],
          message: `Another entry already fills "${target}". Remove one of the two.`,
        });
      seen.add(target);
    }
  });
export type MappingSchema = z.output<typeof mappingShape>;
