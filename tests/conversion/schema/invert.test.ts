import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileMapping } from '#lib/conversion/schema/compile.ts';
import { compileInverse } from '#lib/conversion/schema/invert.ts';
import { mappingShape } from '#lib/conversion/schema/shape.ts';
import type { Json } from '#lib/conversion/transformations/kit/value.ts';
import { transformations } from '#lib/conversion/transformations/registry.ts';

const name = fc.option(fc.string({ minLength: 1, maxLength: 20 }), { nil: null });
/** Numbers of up to 15 significant digits. */
const decimal = fc
  .tuple(fc.integer({ min: -999_999_999, max: 999_999_999 }), fc.integer({ min: -12, max: 12 }))
  .map(([digits, exponent]) => Number(`${digits}e${exponent}`) || 0);
const instant = fc
  .date({ min: new Date('1950-01-01'), max: new Date('2150-01-01'), noInvalidDate: true })
  .map((at) => at.toISOString());
const table = [
  { from: 1, to: 'Won' },
  { from: '1', to: 'Lost' },
  { from: true, to: 0 },
];

/** For each transformation with a way back: arguments and the values that it takes. */
const ways: [fn: string, args: Record<string, unknown>, values: fc.Arbitrary<Json>][] = [
  ['affix', { before: 'https://', behind: '/' }, fc.string({ unit: 'binary' })],
  ['boolean-format', { yes: 'Y', no: '' }, fc.boolean()],
  ['date-format', { format: 'iso' }, instant],
  ['date-format', { format: 'milliseconds' }, instant],
  ['date-format', { format: 'yyyy-MM-dd HH:mm:ss.SSS' }, instant],
  ['date-format', { format: "dd/MM/yyyy'T'HH:mm:ss.SSSXXX", timeZone: 'Europe/Berlin' }, instant],
  ['date-shift', { amount: -90, unit: 'minutes', timeZone: 'America/Denver' }, instant],
  ['date-shift', { amount: 31 }, instant],
  ['lookup', { table, otherwise: 'reject' }, fc.constantFrom(1, '1', true)],
  ['number-format', {}, decimal],
  ['number-format', { decimal: ',', group: '.' }, decimal],
  ['number-format', {}, fc.double({ noNaN: true, noDefaultInfinity: true }).map((x) => x || 0)],
  ['scale', { factor: 100 }, decimal],
  ['scale', { factor: 0.001 }, decimal],
  ['split', { separator: ';', trim: false }, fc.string({ unit: 'binary' })],
];

describe('the way back', () => {
  it('is held here for every transformation that declares one', () => {
    const declared = transformations.filter(({ invert }) => invert).map((one) => one.name);
    expect([...new Set([...ways.map(([fn]) => fn), 'name-join'])].toSorted()).toEqual(declared);
  });

  it.each(ways)('of %s with %j gives what was there', async (fn, args, values) => {
    const mapping = mappingShape.parse([{ target: 'out', sources: ['in'], steps: [{ fn, args }] }]);
    const [convert, inverse] = [await compileMapping(mapping), await compileInverse(mapping)];
    expect(inverse.oneWay).toEqual([]);
    fc.assert(
      fc.property(values, (given) => {
        const { values: sent, problems } = convert({ in: given });
        expect(problems).toEqual([]);
        const { values: back, problems: lost } = inverse.restore(new Map(Object.entries(sent)));
        expect({ back: back.get('in'), lost }).toEqual({ back: given, lost: [] });
      }),
    );
  });

  it('of a name leads to both of its sources', async () => {
    const steps = [{ fn: 'name-join', args: { order: 'last-first' } }];
    const mapping = mappingShape.parse([{ target: 'name', sources: ['first', 'last'], steps }]);
    const [convert, inverse] = [await compileMapping(mapping), await compileInverse(mapping)];
    fc.assert(
      fc.property(name, name, (first, last) => {
        const { values, problems } = convert({ first, last });
        expect(problems.length > 0).toBe(`${first}${last}`.includes(','));
        // Without any name there is nothing to take apart.
        if ((values.name ?? null) === null) return;
        const { values: back } = inverse.restore(new Map(Object.entries(values)));
        expect(Object.fromEntries(back)).toEqual({ first, last });
      }),
    );
  });

  it('leads through several steps', async () => {
    const mapping = mappingShape.parse([
      {
        target: 'likelihood',
        sources: ['fraction'],
        steps: [
          { fn: 'scale', args: { factor: 100 } },
          { fn: 'number-format', args: { decimal: ',' } },
          { fn: 'affix', args: { behind: ' %' } },
        ],
      },
    ]);
    const inverse = await compileInverse(mapping);
    expect((await compileMapping(mapping))({ fraction: 0.295 }).values).toEqual({
      likelihood: '29,5 %',
    });
    expect(inverse.restore(new Map([['likelihood', '29,5 %']])).values).toEqual(
      new Map([['fraction', 0.295]]),
    );
    expect(inverse.restore(new Map([['likelihood', '29,5']])).problems).toEqual([
      {
        target: 'likelihood',
        step: 3,
        reason: 'The value lacks the text before or behind it that our side adds.',
      },
    ]);
  });

  it('says which fields have none, and why', async () => {
    const inverse = await compileInverse(
      mappingShape.parse([
        { target: 'plain', sources: ['a'] },
        { target: 'fixed', sources: [], steps: [{ fn: 'constant', args: { value: 1 } }] },
        { target: 'trimmed', sources: ['b'], steps: [{ fn: 'text' }, { fn: 'trim' }] },
        { target: 'day', sources: ['c'], steps: [{ fn: 'date-parse' }, { fn: 'date-format' }] },
        { target: 'all', sources: ['d[*]'] },
      ]),
    );
    expect(inverse.oneWay).toEqual([
      { target: 'fixed', step: null, message: 'It comes from no source.' },
      { target: 'trimmed', step: 1, message: 'What it leaves out cannot come back.' },
      { target: 'day', step: 1, message: 'What it leaves out cannot come back.' },
      { target: 'all', step: null, message: 'It comes from many elements.' },
    ]);
    const given = new Map<string, unknown>([
      ['plain', 1],
      ['trimmed', 'x'],
      ['unknown', 2],
    ]);
    expect(inverse.restore(given)).toEqual({ values: new Map([['a', 1]]), problems: [] });
  });

  it('says when two fields contradict each other', async () => {
    const inverse = await compileInverse(
      mappingShape.parse([
        { target: 'work', sources: ['phone'] },
        { target: 'home', sources: ['phone'] },
      ]),
    );
    const same = inverse.restore(
      new Map([
        ['work', '1'],
        ['home', '1'],
      ]),
    );
    expect(same).toEqual({ values: new Map([['phone', '1']]), problems: [] });
    const other = inverse.restore(
      new Map([
        ['work', '1'],
        ['home', '2'],
      ]),
    );
    expect(other.values).toEqual(new Map([['phone', '1']]));
    expect(other.problems).toEqual([
      {
        target: 'home',
        step: null,
        reason: 'The value contradicts that of another field with the same source.',
      },
    ]);
  });
});
