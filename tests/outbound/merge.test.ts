import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergeField, type Sides } from '#lib/mappings/merge.ts';
import { toStoredValue } from '#lib/mappings/stored-value.ts';
import {
  conflictRules,
  type FieldValue,
  type TargetField,
} from '#lib/connectors/contract/destination.ts';

const value = fc.oneof(
  fc.constantFrom<FieldValue>(null, 'a', 'b', 1, true),
  fc.string({ minLength: 1, maxLength: 3 }),
);
const said = value.filter((each) => each !== null);
const when = fc.option(fc.date({ noInvalidDate: true }), { nil: null });
const sides = fc.record<Sides>({
  ours: value,
  theirs: value,
  base: fc.option(value, { nil: undefined }),
  oursChangedAt: when,
  theirsChangedAt: when,
});
const rule = fc.constantFrom(...conflictRules);

describe('a field that is merged', () => {
  it('is the same when both sides agree, whatever the rule: an echo is no conflict', () => {
    fc.assert(
      fc.property(
        rule,
        sides,
        (by, given) =>
          void expect(mergeField(by, { ...given, theirs: given.ours })).toEqual({ kind: 'same' }),
      ),
    );
    // Our own write came back: it is what we agreed on, and only we have changed since.
    fc.assert(
      fc.property(fc.constantFrom('ask', 'newest', 'ours'), sides, said, (by, given, base) => {
        fc.pre(given.ours !== base && given.ours !== null);
        expect(mergeField(by as 'ask', { ...given, base, theirs: base })).toEqual({ kind: 'send' });
      }),
    );
  });

  it('goes to the side that changed it, when the other one did not', () => {
    fc.assert(
      fc.property(sides, said, (given, base) => {
        fc.pre(given.theirs !== base);
        expect(mergeField('ask', { ...given, base, ours: base })).toEqual({ kind: 'take' });
        expect(mergeField('newest', { ...given, base, ours: base })).toEqual({ kind: 'take' });
      }),
    );
  });

  it('is a conflict only under ask, and only when both sides changed it to something else', () => {
    fc.assert(
      fc.property(rule, sides, (by, given) => {
        if (mergeField(by, given).kind !== 'conflict') return;
        expect(by).toBe('ask');
        expect(given.ours).not.toBe(given.theirs);
        expect(given.ours).not.toBe(given.base);
        expect(given.theirs).not.toBe(given.base);
      }),
    );
    expect(
      mergeField('ask', {
        ours: 'a',
        theirs: 'b',
        base: 'c',
        oursChangedAt: null,
        theirsChangedAt: null,
      }),
    ).toEqual({ kind: 'conflict' });
    expect(
      mergeField('ask', {
        ours: 'a',
        theirs: 'b',
        base: undefined,
        oursChangedAt: null,
        theirsChangedAt: null,
      }),
    ).toEqual({ kind: 'conflict' });
  });

  it('obeys ours and theirs, and fills what the other side never had', () => {
    fc.assert(
      fc.property(sides, said, said, (given, ours, theirs) => {
        fc.pre(ours !== theirs);
        expect(mergeField('ours', { ...given, ours, theirs }).kind).toBe('send');
        expect(mergeField('theirs', { ...given, ours, theirs }).kind).toBe('take');
      }),
    );
    fc.assert(
      fc.property(
        rule,
        said,
        (by, ours) =>
          void expect(
            mergeField(by, {
              ours,
              theirs: null,
              base: undefined,
              oursChangedAt: null,
              theirsChangedAt: null,
            }).kind,
          ).toBe('send'),
      ),
    );
    fc.assert(
      fc.property(
        rule,
        said,
        (by, theirs) =>
          void expect(
            mergeField(by, {
              ours: null,
              theirs,
              base: null,
              oursChangedAt: null,
              theirsChangedAt: null,
            }).kind,
          ).toBe(by === 'ours' ? 'keep' : 'take'),
      ),
    );
  });

  it('goes to the newest when both changed it', () => {
    const [early, late] = [new Date(1), new Date(2)];
    const both = { ours: 'a', theirs: 'b', base: 'c' };
    expect(
      mergeField('newest', { ...both, oursChangedAt: late, theirsChangedAt: early }).kind,
    ).toBe('send');
    expect(
      mergeField('newest', { ...both, oursChangedAt: early, theirsChangedAt: late }).kind,
    ).toBe('take');
    expect(mergeField('newest', { ...both, oursChangedAt: null, theirsChangedAt: late }).kind).toBe(
      'take',
    );
    expect(mergeField('newest', { ...both, oursChangedAt: null, theirsChangedAt: null }).kind).toBe(
      'send',
    );
  });
});

describe('a value as the CRM keeps it', () => {
  const field = (type: TargetField['type'], maxLength: number | null = null) => ({
    type,
    maxLength,
  });

  it('is trimmed and clipped, and never cuts a character in half', () => {
    expect(toStoredValue(field('text', 5), '  Globex Inc ')).toBe('Globe');
    expect(toStoredValue(field('text', 4), 'abc😀')).toBe('abc');
    expect(toStoredValue(field('text'), '   ')).toBeNull();
    expect(toStoredValue(field('datetime'), '2026-11-21T10:00:00.987Z')).toBe(
      '2026-11-21T10:00:00Z',
    );
    expect(toStoredValue(field('money'), 10.129)).toBe(10.13);
    expect(toStoredValue(field('integer'), '7.6')).toBe(8);
    expect(toStoredValue(field('boolean'), 'Yes')).toBe(true);
  });

  it('is stable: kept once, it stays as it is', () => {
    const type = fc.constantFrom<TargetField['type']>(
      'text',
      'memo',
      'integer',
      'decimal',
      'money',
      'boolean',
      'datetime',
      'option',
    );
    // Halves of characters among them. The unit "binary" of the library takes seconds to be set up.
    const unit = fc.oneof(
      fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)),
      fc.constantFrom('\u{1F600}', ' ', '\r\n'),
    );
    const any = fc.oneof(
      value,
      fc.string({ unit, maxLength: 40 }),
      fc.double({ noNaN: true, min: -1e9, max: 1e9 }),
    );
    fc.assert(
      fc.property(
        type,
        fc.option(fc.integer({ min: 1, max: 20 }), { nil: null }),
        any,
        (of, maxLength, given) => {
          const once = toStoredValue(field(of, maxLength), given);
          expect(toStoredValue(field(of, maxLength), once)).toEqual(once);
          if (typeof once === 'string' && maxLength !== null && (of === 'text' || of === 'memo'))
            expect(once.length).toBeLessThanOrEqual(maxLength);
        },
      ),
    );
  });
});
