import { describe, expect, it } from 'vitest';
import { compileChain } from '#lib/conversion/schema/chain.ts';
import { compileMapping } from '#lib/conversion/schema/compile.ts';
import { findExcess } from '#lib/conversion/transformations/kit/bounds.ts';
import { limits } from '#lib/conversion/transformations/kit/limits.ts';
import { Rejection, type Json } from '#lib/conversion/transformations/kit/value.ts';
import { transformations } from '#lib/conversion/transformations/registry.ts';

const fill = (text: string, length: number = limits.text): string =>
  text.repeat(Math.ceil(length / text.length)).slice(0, length);

function nest(depth: number): Json {
  let value: Json = 'deep';
  for (let level = 0; level < depth; level += 1) value = level % 2 === 0 ? [value] : { value };
  return value;
}

/** Values that pass the bounds, so that every step sees them. */
const allowed: Record<string, Json> = {
  'nothing but blanks': fill(' '),
  'a very long word': fill('a'),
  'long digits': fill('1'),
  'long commas': fill(','),
  'long brackets': fill('('),
  'elements in elements': fill('<div>', 300_000),
  'elements with the ends of others': fill('<div></b>', 300_000),
  'elements that end each other': fill('<p>x<li>', 300_000),
  'addresses between brackets': fill('<ana@b.example> ', 300_000),
  'tags that never end': fill('<a x="', 300_000),
  'addresses without end': fill('a@b.', 300_000),
  'an address of a list': fill('<a@b.example>, ', 300_000),
  'NUL and lone surrogates': '\u0000\uD800x\uDC00\uDBFF',
  'names of Object.prototype': '__proto__',
  'the largest number': Number.MAX_VALUE,
  'the smallest number': Number.MIN_VALUE,
  'minus zero': -0,
  'the longest list': Array.from({ length: limits.list }, (_, at) => (at % 2 === 0 ? 'x' : at)),
  'a list of everything': [null, true, 0, '', '\uD800', [], {}, [null], { a: [1] }],
  'an object with a __proto__ of its own': JSON.parse(
    '{"__proto__":{"a":1},"constructor":1}',
  ) as Json,
  'the deepest nesting': nest(limits.depth - 1),
  'an instant out of range': '9999-12-31T23:59:59.999Z',
  'an amount of many digits': `${fill('9', 30)}.${fill('9', 30)}`,
};

/** Values that no step sees. */
const refused: Record<string, unknown> = {
  'text beyond the limit': `${fill('a')}a`,
  'a list beyond the limit': Array.from({ length: limits.list + 1 }, () => null),
  'an array without elements': Object.assign([], { length: 2 ** 32 - 1 }),
  'texts that are too long together': [fill('a', limits.size * 0.6), fill('b', limits.size * 0.6)],
  'an object of many names': Object.fromEntries(
    Array.from({ length: 20_000 }, (_, at) => [`${'n'.repeat(500)}${at}`, at]),
  ),
  'nesting beyond the limit': nest(limits.depth + 1),
  'nesting without end': nest(100_000),
  'not a number': Number.NaN,
  infinity: Number.NEGATIVE_INFINITY,
  'a big integer': 1n,
  'a function': () => 'x',
  'a symbol': Symbol('x'),
  'a list that holds NaN': [Number.NaN],
};

describe.each(transformations.map((one) => [one.name, one] as const))('%s', (name, one) => {
  it.each(Object.entries(allowed))('takes or rejects %s', async (_what, value) => {
    for (const { args } of one.examples) {
      const { run } = await compileChain([{ fn: name, args }], 'any');
      const result = run(value);
      if (!(result instanceof Rejection)) expect(findExcess(result)).toBeNull();
    }
  });
});

describe('a source', () => {
  it.each(Object.entries(refused))('that holds %s is refused', async (_what, value) => {
    const convert = await compileMapping([{ target: 'out', sources: ['in'], steps: [] }]);
    const { values, problems } = convert({ in: value });
    expect(values).toEqual({});
    expect(problems).toHaveLength(1);
  });

  it('is not reached through what objects inherit', async () => {
    const convert = await compileMapping([
      { target: 'a', sources: ['toString'], steps: [] },
      { target: 'b', sources: ['list.length'], steps: [] },
      { target: 'c', sources: ['text[0]'], steps: [] },
    ]);
    expect(convert({ list: [1], text: 'x' }).values).toEqual({ a: null, b: null, c: null });
    expect(convert(null).values).toEqual({ a: null, b: null, c: null });
  });

  it('of a name that every object answers to is a field that the item itself holds', async () => {
    const convert = await compileMapping([
      { target: 'a', sources: ['["__proto__"].x'], steps: [] },
      { target: 'b', sources: ['["constructor"].name'], steps: [] },
    ]);
    expect(convert({}).values).toEqual({ a: null, b: null });
    const own = JSON.parse('{"__proto__":{"x":1},"constructor":{"name":"ours"}}') as unknown;
    expect(convert(own).values).toEqual({ a: 1, b: 'ours' });
  });

  it('whose getter throws rejects the field alone', async () => {
    const convert = await compileMapping([
      { target: 'a', sources: ['bad'], steps: [] },
      { target: 'b', sources: ['good'], steps: [] },
    ]);
    const item = Object.defineProperty({ good: 1 }, 'bad', {
      get: () => {
        throw new Error('secret');
      },
      enumerable: true,
    });
    expect(convert(item)).toEqual({
      values: { b: 1 },
      problems: [{ target: 'a', step: null, reason: 'The value could not be read.' }],
    });
  });
});

describe('what would grow without end', () => {
  const many = Array.from({ length: limits.list }, () => 'a');

  it.each<[string, Record<string, unknown>, Json]>([
    ['replace', { find: 'a', with: 'b'.repeat(10_000) }, fill('a')],
    ['template', { text: '{1}'.repeat(3_000) }, fill('a')],
    ['join', { separator: 'x'.repeat(10_000) }, many],
    ['concat', {}, [fill('a', limits.text * 0.6), fill('b', limits.text * 0.6)]],
    ['affix', { before: 'x' }, fill('a')],
    ['map', { steps: [{ fn: 'affix', args: { before: 'x'.repeat(10_000) } }] }, many],
    ['regex-replace', { pattern: 'a', with: 'b'.repeat(10_000) }, fill('a', 1_100)],
    ['split', { separator: ',' }, fill(',')],
    ['case', { to: 'upper' }, fill('ß')],
    ['path', { path: '[*][*]' }, [many, many]],
  ])('by %s is rejected', async (fn, args, value) => {
    const { run } = await compileChain([{ fn, args }], 'any');
    expect(run(value)).toBeInstanceOf(Rejection);
  });
});
