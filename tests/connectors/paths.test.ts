import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitNames, listNames } from '#lib/connectors/kit/paths.ts';
import { compilePath, pathText } from '#lib/conversion/transformations/kit/path.ts';

const name = fc.string({ unit: 'binary', minLength: 1, maxLength: 12 });
const quote = (part: string) => `["${part.replaceAll(/(["\\])/g, '\\$1')}"]`;
const isPlain = (part: string) => /^[^.[\]"*\s@][^.[\]"]*$/.test(part);

describe('the names in a path', () => {
  it.each([
    ['customer.team[0].email', ['customer', 'team']],
    ['items[*].sku', ['items']],
    ['["_ownerid_value@OData.Label"]', ['_ownerid_value@OData.Label']],
    ['about["a \\"b\\""].c', ['about', 'a "b"', 'c']],
    ['@outcome', []],
    ['["@outcome"]', ['@outcome']],
    ['[0].a', []],
    ['', []],
  ])('%s', (path, names) => {
    expect(listNames(path)).toEqual(names);
  });

  it('are those that a reader of the path goes through', () => {
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 5 }), fc.boolean(), (names, quoted) => {
        const path = names
          .map((part, at) => {
            if (quoted || !isPlain(part)) return quote(part);
            return at === 0 ? part : `.${part}`;
          })
          .join('');
        fc.pre(pathText.safeParse(path).success);
        const item = names.reduceRight<unknown>((inner, part) => ({ [part]: inner }), 'found');
        expect(compilePath(path)(item)).toBe('found');
        expect(listNames(path)).toEqual(names);
      }),
    );
  });

  it('are as many as an address has room for', () => {
    const names = Array.from({ length: 400 }, (_, at) => `new_column_${at}`);
    const fitting = fitNames(names);
    expect(fitting).toEqual(names.slice(0, fitting.length));
    expect(encodeURIComponent(fitting.join(', ')).length).toBeLessThanOrEqual(6_000 + 800);
    expect(fitting.length).toBeGreaterThan(250);
  });
});
