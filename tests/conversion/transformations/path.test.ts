import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compilePath, joinPath, pathText } from '#lib/conversion/transformations/kit/path.ts';

const anyName = fc
  .oneof(
    fc.string({ maxLength: 40 }),
    fc.constantFrom('__proto__', 'constructor', '@odata.etag', ' a', '*', 'a"]b\\'),
  )
  .filter((name) => name !== '');

it('a joined path reads the field of that name, whatever it is called', () => {
  fc.assert(
    fc.property(anyName, anyName, (outer, inner) => {
      const path = joinPath(joinPath('', outer), inner);
      expect(pathText.safeParse(path).success).toBe(true);
      const item = JSON.parse(`{${JSON.stringify(outer)}:{${JSON.stringify(inner)}:7}}`) as unknown;
      expect(compilePath(path)(item)).toBe(7);
      expect(compilePath(path)({})).toBeUndefined();
    }),
  );
});
