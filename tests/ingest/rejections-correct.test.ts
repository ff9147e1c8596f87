import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mask, formatMasked, MaskedValueError, parseEdited } from '#lib/platform/mask.ts';
import { applyPatch, createPatch } from '#lib/platform/merge-patch.ts';
import { parseJson } from '#lib/platform/http/json.ts';
import { maskPayload } from '#lib/ingest/rejections/record.ts';

const names = fc.constantFrom(
  'id',
  'name',
  'email',
  'phone',
  'created',
  'stage',
  'address',
  'notes',
  '__proto__',
  'constructor',
  '0',
);
const scalar = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('ana@example.com', '+1 303 555 0100', '', '  ', 'Ana', 'Abe'),
  fc.integer(),
  fc.double({ noNaN: true }),
  fc.boolean(),
  fc.constant(null),
);
/** What a source sends: JSON as our parser reads it. */
const json = (leaf: fc.Arbitrary<unknown>) =>
  fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      leaf,
      fc.array(tie('value'), { maxLength: 3 }),
      fc
        .array(fc.tuple(names, tie('value')), { maxLength: 5 })
        .map((entries) => Object.fromEntries(entries)),
    ),
  })).value;
const item = fc
  .array(fc.tuple(names, json(scalar)), { maxLength: 7 })
  .map(
    (entries) => parseJson(JSON.stringify(Object.fromEntries(entries))) as Record<string, unknown>,
  );
const unscathed = fc
  .array(fc.tuple(names, json(scalar.filter((value) => value !== null))), { maxLength: 7 })
  .map((entries) => Object.fromEntries(entries));

describe('a merge patch', () => {
  it('makes any object of any other, nulls apart', () => {
    fc.assert(
      fc.property(unscathed, unscathed, (from, to) => {
        expect(applyPatch(from, createPatch(from, to))).toEqual(to);
      }),
    );
  });

  it('of nothing is empty, and changes nothing', () => {
    fc.assert(
      fc.property(item, (from) => {
        expect(createPatch(from, from)).toEqual({});
        expect(applyPatch(from, {})).toEqual(from);
      }),
    );
  });

  it('is what RFC 7396 shows in its appendix', () => {
    const cases: [unknown, unknown, unknown][] = [
      [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
      [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
      [{ a: 'b' }, { a: null }, {}],
      [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
      [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
      [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
      [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
      [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
      [
        ['a', 'b'],
        ['c', 'd'],
        ['c', 'd'],
      ],
      [{ a: 'b' }, ['c'], ['c']],
      [{ a: 'foo' }, null, null],
      [{ a: 'foo' }, 'bar', 'bar'],
      [{ e: null }, { a: 1 }, { e: null, a: 1 }],
      [[1, 2], { a: 'b', c: null }, { a: 'b' }],
      [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
    ];
    for (const [target, patch, result] of cases) expect(applyPatch(target, patch)).toEqual(result);
  });
});

describe('an edited text', () => {
  it('that was not edited is the item itself', () => {
    fc.assert(
      fc.property(item, (from) => {
        expect(parseEdited(from, formatMasked(from))).toEqual(from);
        expect(createPatch(from, parseEdited(from, formatMasked(from)))).toEqual({});
      }),
    );
  });

  it('keeps the true value of everything that was left as shown', () => {
    fc.assert(
      fc.property(item, fc.string(), (from, text) => {
        const shown = { ...(parseJson(formatMasked(from)) as object), created: text };
        expect(parseEdited(from, JSON.stringify(shown))).toEqual({ ...from, created: text });
      }),
    );
  });

  it('takes what was written in full, in place of what was masked', () => {
    const from = {
      client_id: '7',
      firstName: 'Ana',
      email: 'ana@example.com',
      contacts: [
        { name: 'Abe', at: 'bad' },
        { name: 'Amy', at: '2026-03-01' },
      ],
    };
    const shown = JSON.parse(formatMasked(from)) as typeof from;
    expect(shown).toEqual({
      client_id: '7',
      firstName: 'A•••',
      email: 'a•••',
      contacts: [
        { name: 'A•••', at: 'bad' },
        { name: 'A•••', at: '2026-03-01' },
      ],
    });
    expect(parseEdited(from, JSON.stringify({ ...shown, firstName: 'Anna' }))).toEqual({
      ...from,
      firstName: 'Anna',
    });
    const mended = [{ name: 'A•••', at: '2026-01-01' }, shown.contacts[1]];
    expect(parseEdited(from, JSON.stringify({ ...shown, contacts: mended }))).toEqual({
      ...from,
      contacts: [{ name: 'Abe', at: '2026-01-01' }, from.contacts[1]],
    });
    expect(
      parseEdited(from, JSON.stringify({ ...shown, contacts: shown.contacts.toReversed() })),
    ).toEqual({ ...from, contacts: from.contacts.toReversed() });
  });

  it('is refused where a masked value belongs to nobody, and where it is no JSON', () => {
    const from = { people: ['Ana', 'Abe'], names: ['Ana', 'Abe'], email: 'ana@example.com' };
    expect(() => parseEdited(from, '{"names":["A•••"],"email":"a•••"}')).toThrow(MaskedValueError);
    expect(() => parseEdited(from, '{"other":"A•••"}')).toThrow(MaskedValueError);
    expect(() => parseEdited(from, '{"names":["A•••n"]}')).toThrow(MaskedValueError);
    expect(() => parseEdited(from, '{"names":')).toThrow(SyntaxError);
    expect(parseEdited(from, '{"people":["Abe"]}')).toEqual({ people: ['Abe'] });
  });

  it('keeps long numbers exact', () => {
    const from = parseJson('{"id":9007199254740993,"name":"Ana"}');
    expect(
      parseEdited(from, formatMasked(from).replace('"9007199254740993"', '9007199254740993')),
    ).toEqual(from);
  });
});

describe('a masked item', () => {
  it('shows no personal value, wherever it stands', () => {
    const from = {
      name: { first: 'Ana', last: 'Diaz' },
      phone: 3035550100,
      note: 'Call Ana at (303) 555-0100 or ana@example.com',
      emails: ['ana@example.com'],
      created: '2026-03-01 10:00:00',
      deal_size: '45000',
      client_id: '100000001',
    };
    expect(mask(from)).toEqual({
      name: { first: 'A•••', last: 'D•••' },
      phone: '•••',
      note: 'Call Ana at (••• or a•••',
      emails: ['a•••'],
      created: from.created,
      deal_size: '45000',
      client_id: '100000001',
    });
  });

  it('is storable and short, whatever it holds', () => {
    fc.assert(
      fc.property(item, (from) => {
        const text = maskPayload(from);
        expect(text.length).toBeLessThanOrEqual(4_000);
        expect(text).not.toContain('\u0000');
        expect(text.isWellFormed()).toBe(true);
      }),
    );
    expect(maskPayload({ whiteboard: 'x'.repeat(1 << 20) })).toHaveLength(4_000);
    let deep: unknown = 'end';
    for (let level = 0; level < 100_000; level += 1) deep = [deep];
    expect(maskPayload(deep)).toContain('too deeply');
  });
});
