import { describe, expect, it } from 'vitest';
import { compileMapping, type TargetTypes } from '#lib/conversion/schema/compile.ts';
import { mappingShape, type MappingSchema } from '#lib/conversion/schema/shape.ts';
import { limits } from '#lib/conversion/transformations/kit/limits.ts';
import { Problem } from '#lib/platform/errors.ts';

const mapping = (...fields: unknown[]): MappingSchema => mappingShape.parse(fields);

async function explain(fields: MappingSchema, types?: TargetTypes): Promise<string> {
  const error: unknown = await compileMapping(fields, types).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(Problem);
  return (error as Problem).message;
}

describe('a mapping', () => {
  it('reads paths, runs steps in order and takes fallbacks', async () => {
    const convert = await compileMapping(
      mapping(
        { target: 'email', sources: ['person.mails[0]'], steps: [{ fn: 'trim' }, { fn: 'email' }] },
        {
          target: 'company',
          sources: ['company', 'domain'],
          steps: [{ fn: 'coalesce' }],
        },
        { target: 'score', sources: ['score'], steps: [{ fn: 'number-parse' }], fallback: 0 },
        { target: 'system', sources: [], steps: [{ fn: 'constant', args: { value: 'x' } }] },
        { target: 'raw', sources: ['person'] },
      ),
    );
    const person = { mails: [' Ana@X.example '] };
    expect(convert({ person, company: ' ', domain: 'x.example', score: 'high' })).toEqual({
      values: { email: 'ana@x.example', company: 'x.example', score: 0, system: 'x', raw: person },
      problems: [],
    });
    expect(convert('nothing')).toEqual({
      values: { email: null, company: null, score: null, system: 'x', raw: null },
      problems: [],
    });
  });

  it('leaves a rejected field out, with its step and the reason, and fills the others', async () => {
    const convert = await compileMapping(
      mapping(
        { target: 'a', sources: ['a'], steps: [{ fn: 'trim' }, { fn: 'number-parse' }] },
        { target: 'b', sources: ['b'] },
      ),
    );
    expect(convert({ a: 'secret', b: 1 })).toEqual({
      values: { b: 1 },
      problems: [
        { target: 'a', step: 2, reason: 'The value is not a number in the expected form.' },
      ],
    });
  });

  it('says where in steps within steps a value was rejected', async () => {
    const steps = [{ fn: 'map', args: { steps: [{ fn: 'number-parse' }] } }];
    const convert = await compileMapping(mapping({ target: 'a', sources: ['a'], steps }));
    expect(convert({ a: ['1', 'x'] }).problems).toEqual([
      {
        target: 'a',
        step: 1,
        reason: 'The value holds an element 2 that is not a number in the expected form.',
      },
    ]);
  });

  it('holds a value to the type of its field', async () => {
    const types: TargetTypes = new Map([['n', 'number']]);
    const convert = await compileMapping(mapping({ target: 'n', sources: ['n'] }), types);
    expect(convert({ n: 1 }).values).toEqual({ n: 1 });
    expect(convert({ n: '1' }).problems).toEqual([
      { target: 'n', step: null, reason: 'The value is not a number.' },
    ]);
  });
});

describe('a mapping that cannot be compiled', () => {
  it('names every field and step at once, and what to do', async () => {
    const error = await compileMapping(
      mapping(
        { target: 'a', sources: ['a'], steps: [{ fn: 'nothing' }] },
        { target: 'b', sources: ['b'], steps: [{ fn: 'trim' }, { fn: 'round' }] },
        { target: 'c', sources: ['c'], steps: [{ fn: 'pad', args: { length: 0 } }] },
      ),
    ).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Problem);
    expect((error as Problem).details).toEqual([
      {
        target: 'a',
        step: 1,
        message: 'There is no transformation "nothing". docs/mappings.md lists them all.',
      },
      {
        target: 'b',
        step: 2,
        message: 'It takes a number, but is given text. Put the step "number-parse" before it.',
      },
      { target: 'c', step: 1, message: expect.stringContaining('Its argument "length": ') },
    ]);
  });

  it.each([
    ['several sources where one is wanted', ['a', 'b'], [{ fn: 'trim' }], 'the step "first"'],
    [
      'one kind of step after another',
      ['a'],
      [{ fn: 'split' }, { fn: 'case', args: { to: 'upper' } }],
      'the step "first"',
    ],
    ['what is no list', ['a'], [{ fn: 'number-parse' }, { fn: 'join' }], 'the step "split"'],
    [
      'a step inside another',
      ['a'],
      [{ fn: 'map', args: { steps: [{ fn: 'trim' }, { fn: 'round' }] } }],
      'a, step 1: In its step 2: It takes a number',
    ],
    [
      'a time zone that is none',
      ['a'],
      [{ fn: 'date-parse', args: { timeZone: 'Mars' } }],
      'is no time zone',
    ],
    [
      'a pattern that is none',
      ['a'],
      [{ fn: 'date-parse', args: { format: 'foo' } }],
      'is no pattern',
    ],
  ])('refuses %s', async (_what, sources, steps, message) => {
    expect(await explain(mapping({ target: 'a', sources, steps }))).toContain(message);
  });

  it('tells when the steps do not give what the field holds', async () => {
    const fields = mapping({ target: 'at', sources: ['a'], steps: [{ fn: 'trim' }] });
    expect(await explain(fields, new Map([['at', 'instant']]))).toBe(
      'at: The field holds a date and time, but its steps give text. Add a step that gives a ' +
        'date and time.',
    );
  });

  it('tells when the fallback is not what the field holds', async () => {
    const fields = mapping({ target: 'n', sources: ['n'], fallback: 'none' });
    expect(await explain(fields, new Map([['n', 'number']]))).toBe(
      'n: The field holds a number, but its fallback does not. Change it.',
    );
  });

  it('bounds steps, also those inside others', async () => {
    let steps: unknown[] = [{ fn: 'trim' }];
    for (let depth = 0; depth <= limits.nesting; depth += 1)
      steps = [{ fn: 'conditional', args: { is: 'present', whenTrue: steps } }];
    expect(await explain(mapping({ target: 'a', sources: ['a'], steps }))).toContain('deep inside');
    const inner = Array.from({ length: 30 }, () => ({ fn: 'trim' }));
    const args = { is: 'present', whenTrue: inner, whenFalse: inner };
    const many = mapping({ target: 'a', sources: ['a'], steps: [{ fn: 'conditional', args }] });
    expect(await explain(many)).toContain('more than 50 steps');
  });
});

describe('the shape of a mapping', () => {
  const refuse = (...fields: unknown[]) =>
    mappingShape
      .safeParse(fields)
      .error?.issues.map(({ message }) => message)
      .join(' ') ?? '';

  it.each([
    [
      'a.__proto__',
      'Every object answers to __proto__. Write a field of that name as ["__proto__"].',
    ],
    [
      'constructor.name',
      'Every object answers to constructor. Write a field of that name as ["constructor"].',
    ],
    ['a..b', 'from its character 2 on'],
    ['a[-1]', 'from its character 2 on'],
    ['', 'The path is empty.'],
    ['a.'.repeat(30) + 'a', 'more than 20 parts'],
  ])('refuses the path %s', (path, message) => {
    expect(refuse({ target: 'a', sources: [path] })).toContain(message);
  });

  it('refuses two entries for one field, and names that every object has', () => {
    const entry = { target: 'a', sources: [] };
    expect(refuse(entry, entry)).toContain('Another entry already fills "a".');
    expect(refuse({ target: '__proto__', sources: [] })).toContain('every object answers to');
    expect(refuse({ ...entry, code: 'x' })).toContain('code');
  });

  it('is itself again after a round through JSON', () => {
    const fields = mapping({
      target: 'a',
      sources: ['["a.b"]'],
      steps: [{ fn: 'trim' }],
      fallback: null,
    });
    expect(mappingShape.parse(JSON.parse(JSON.stringify(fields)))).toEqual(fields);
  });
});
