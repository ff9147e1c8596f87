import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { leadSearchTokens, parseSearchTerms } from '#lib/entities/lead/search-tokens.ts';

const lead = (fields: Partial<Parameters<typeof leadSearchTokens>[0]>) => ({
  name: 'Ann',
  company: null,
  email: null,
  phone: null,
  ...fields,
});
/** What the database does with a search. */
const finds = (search: string, fields: Partial<Parameters<typeof leadSearchTokens>[0]>) => {
  const words = leadSearchTokens(lead(fields));
  const terms = parseSearchTerms(search);
  return terms.length > 0 && terms.every((term) => words.some((word) => word.startsWith(term)));
};

describe('the words of a lead', () => {
  it('are those of name, company, address and number, each once', () => {
    expect(
      leadSearchTokens({
        name: 'Maria Navarro',
        company: 'Navarro & Sons, Inc.',
        email: 'Maria.Navarro@Acme.com',
        phone: '+1 (303) 555-0123',
      }),
    ).toEqual(['maria', 'navarro', 'sons', 'inc', 'marianavarroacmecom', 'acmecom', '3035550123']);
  });

  it.each([
    ['maria nav', { name: 'María Navarro' }],
    ['navarro maria', { name: 'Maria Navarro' }],
    ["o'brien", { name: 'Pat OBrien' }],
    ['brien', { name: "Pat O'Brien" }],
    ['jean-luc', { name: 'Jean-Luc P.' }],
    ['sons', { company: 'Smith&Sons' }],
    ['maria.navarro@acme.com', { email: 'maria.navarro@acme.com' }],
    ['maria.nav', { email: 'maria.navarro@acme.com' }],
    ['acme.com', { email: 'maria.navarro@acme.com' }],
    ['b.ray@acme.com', { email: 'a@gmail.com; B.Ray@Acme.com' }],
    ['a@gmail.com', { email: 'a@gmail.com; b@acme.com' }],
    ['maria@acme.com', { email: 'Maria Navarro <maria@acme.com>' }],
    ['maria@acme.com', { email: 'mailto:maria@acme.com' }],
    ['@acme', { email: 'maria.navarro@acme.com' }],
    ['+1 303 555 0123', { phone: '303-555-0123' }],
    ['(303) 555', { phone: '+13035550123' }],
    ['strasse', { company: 'Große Straße' }],
    ['łódź', { company: 'Lodz' }],
    ['навар', { name: 'Мария Наварро' }],
    ['株式', { company: '株式会社' }],
  ])('finds by "%s"', (search, fields) => expect(finds(search, fields)).toBe(true));

  it.each([
    ['avarro', { name: 'Navarro' }],
    ['maria smith', { name: 'Maria Navarro' }],
    ['-- !', { name: 'x' }],
    ['555-0123', { name: 'x', phone: '1' }],
  ])('does not find by "%s"', (search, fields) => expect(finds(search, fields)).toBe(false));

  it('finds every lead by the beginning of each of its words as they are written', () => {
    const written = fc
      .array(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }), {
        minLength: 1,
        maxLength: 4,
      })
      .map((parts) => parts.join(' '));
    fc.assert(
      fc.property(written, fc.nat(), fc.nat(), (name, which, length) => {
        const chunks = name.split(/\s+/).filter((chunk) => /[\p{L}\p{N}]/u.test(chunk));
        const chunk = chunks[which % Math.max(chunks.length, 1)];
        fc.pre(
          chunk !== undefined &&
            parseSearchTerms(chunk).length > 0 &&
            !/^[\d\s()+./-]+$/.test(chunk),
        );
        const start = [...(chunk ?? '')]
          .slice(0, 1 + (length % [...(chunk ?? '')].length))
          .join('');
        if (parseSearchTerms(start).length > 0 && !/^[\d\s()+./-]+$/.test(start))
          expect(finds(start, { name })).toBe(true);
        expect(
          leadSearchTokens(lead({ name })).every((word) => /^[0-9a-z]{1,60}$/.test(word)),
        ).toBe(true);
      }),
    );
  });
});
