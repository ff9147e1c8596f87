import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyOverrides, findOutdated, findOverrides } from '#lib/conversion/schema/overrides.ts';
import { mappingShape, type MappingSchema } from '#lib/conversion/schema/shape.ts';
import { anyPath } from '../transformations/arbitraries.ts';

const anyMapping: fc.Arbitrary<MappingSchema> = fc
  .uniqueArray(
    fc.record({ target: fc.constantFrom('a', 'b', 'c', 'd'), sources: fc.tuple(anyPath) }),
    {
      selector: ({ target }) => target,
    },
  )
  .map((fields) => mappingShape.parse(fields));

const sorted = (mapping: MappingSchema) =>
  mapping.toSorted((one, other) => (one.target < other.target ? -1 : 1));
const find = (mapping: MappingSchema, name: string) =>
  mapping.find(({ target }) => target === name);

describe('the changes to a default', () => {
  it('give the mapping that they were found in', () => {
    fc.assert(
      fc.property(anyMapping, anyMapping, (base, own) => {
        const overrides = findOverrides(base, own);
        expect(sorted(applyOverrides(base, overrides))).toEqual(sorted(own));
        expect(findOutdated(base, overrides)).toEqual([]);
        expect(findOverrides(base, base)).toEqual([]);
      }),
    );
  });

  it('hold only what differs, so that all else follows the newer default', () => {
    fc.assert(
      fc.property(anyMapping, anyMapping, anyMapping, (base, own, newer) => {
        const overrides = findOverrides(base, own);
        const changed = new Set(overrides.map(({ target }) => target));
        const result = applyOverrides(newer, overrides);
        for (const target of ['a', 'b', 'c', 'd'])
          expect(find(result, target)).toEqual(find(changed.has(target) ? own : newer, target));
        const outdated = findOutdated(newer, overrides).map(({ target }) => target);
        for (const target of changed) {
          const isSame = JSON.stringify(find(base, target)) === JSON.stringify(find(newer, target));
          expect(outdated.includes(target)).toBe(!isSame);
        }
      }),
    );
  });

  it('keep the order of the default and add their own fields at its end', () => {
    const fields = (...names: string[]) =>
      mappingShape.parse(names.map((target) => ({ target, sources: [target] })));
    const overrides = findOverrides(fields('a', 'b'), fields('z', 'b'));
    expect(applyOverrides(fields('n', 'b', 'a'), overrides)).toEqual(fields('n', 'b', 'z'));
  });
});
