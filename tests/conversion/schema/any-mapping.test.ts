import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileMapping } from '#lib/conversion/schema/compile.ts';
import { mappingShape, type MappingSchema } from '#lib/conversion/schema/shape.ts';
import { findExcess } from '#lib/conversion/transformations/kit/bounds.ts';
import { Problem } from '#lib/platform/errors.ts';
import { times } from '../../helpers/deep.ts';
import { anyItem, anyJson, anyPath, anyStep } from '../transformations/arbitraries.ts';

const anyField = fc.record(
  {
    sources: fc.array(anyPath, { maxLength: 3 }),
    steps: fc.array(anyStep, { maxLength: 4 }),
    fallback: fc.constantFrom(null, 'none', 0),
  },
  { requiredKeys: ['sources', 'steps'] },
);

const anyMapping = fc
  .array(anyField, { minLength: 1, maxLength: 6 })
  .map((fields) => mappingShape.parse(fields.map((field, at) => ({ ...field, target: `f${at}` }))));

describe('any mapping over any JSON', () => {
  it('fills or explains each field, and never throws', async () => {
    let compiled = 0;
    await fc.assert(
      fc.asyncProperty(anyMapping, fc.array(anyItem, { maxLength: 5 }), async (mapping, items) => {
        const convert = await compileOrExplain(mapping);
        if (convert === undefined) return;
        compiled += 1;
        for (const item of items) {
          const before = JSON.stringify(item);
          const { values, problems } = convert(item);
          expect(
            [...Object.keys(values), ...problems.map(({ target }) => target)].toSorted(),
          ).toEqual(mapping.map(({ target }) => target).toSorted());
          for (const { target } of problems)
            expect(mapping.find((field) => field.target === target)).not.toHaveProperty('fallback');
          expect(findExcess(values)).toBeNull();
          // A step that throws is caught, and would say so.
          expect(problems.map(({ reason }) => reason)).not.toContain(
            'The value could not be read.',
          );
          expect(convert(item)).toEqual({ values, problems });
          expect(JSON.stringify(item)).toBe(before);
        }
      }),
      { numRuns: times(400, 10_000) },
    );
    expect(compiled).toBeGreaterThan(50);
  });

  it('refuses in words what is no mapping', () => {
    fc.assert(
      fc.property(
        fc.oneof(anyJson, fc.array(fc.record({ target: anyJson, sources: anyJson }))),
        (data) => {
          expect(() => mappingShape.safeParse(data)).not.toThrow();
        },
      ),
    );
  });
});

/** The compiled mapping; undefined when its steps do not fit together, which a Problem says. */
async function compileOrExplain(mapping: MappingSchema) {
  try {
    return await compileMapping(mapping);
  } catch (error) {
    expect(error).toBeInstanceOf(Problem);
    expect((error as Problem).message).toMatch(/^f\d, step \d: .+\.$/m);
    return undefined;
  }
}
