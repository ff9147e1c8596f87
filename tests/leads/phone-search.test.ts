import fc from 'fast-check';
import { getCountries, getExampleNumber } from 'libphonenumber-js/min';
import examples from 'libphonenumber-js/mobile/examples';
import { describe, expect, it } from 'vitest';
import { leadSearchTokens, parseSearchTerms } from '#lib/entities/lead/search-tokens.ts';

const words = (phone: string) => leadSearchTokens({ name: '', company: null, email: null, phone });
/** What the database does with a search. */
const finds = (search: string, phone: string) => {
  const terms = parseSearchTerms(search);
  return (
    terms.length > 0 && terms.every((term) => words(phone).some((word) => word.startsWith(term)))
  );
};

describe('a telephone number', () => {
  it.each([
    ['(555) 010-7777 x12', '555-010-7777'],
    ['555-010-0000 / 555-010-0001', '555-010-0000'],
    ['+61 412 345 678', '0412 345 678'],
    ['+33 1 23 45 67 89', '01 23 45 67 89'],
    ['+65 6123 4567', '6123 4567'],
    // Extensions.
    ['(555) 010-7777 ext. 12', '5550107777'],
    ['555-010-7777;ext=12', '555.010.7777'],
    ['tel:+1-555-010-7777;ext=12', '+1 555 010 7777'],
    ['+49 30 123456 Durchwahl 12', '030 123456'],
    ['555 010 7777 #12', '555 010 7777'],
    ['555-010-7777', '555-010-7777 x12'],
    ['555-010-7777 x12', '(555) 010-7777 ext 12'],
    // Several numbers.
    ['555-010-0000 / 555-010-0001', '555-010-0001'],
    ['555-010-0000; 555-010-0001', '555-010-0001'],
    ['555-010-0000, 555-010-0001', '5550100001'],
    ['555-010-0000 or 555-010-0001', '5550100001'],
    ['555-010-0000\n+61 412 345 678', '0412345678'],
    ['+1 555 010 0000 +61 412 345 678', '0412345678'],
    ['mobile: 555-010-0000 x1, office: 555-010-0001 x2', '555 010 0001'],
    ['Tel: 555-0100 Fax: 555-0101', '5550101'],
    ['555-010-0000 (office) 555-010-0001 (cell)', '555-010-0001'],
    ['555-010-0000/01', '555-010-0000'],
    // A slash behind an area code.
    ['030/123456', '030 123456'],
    ['+49 (0)8031 / 12345', '08031 12345'],
    // With and without the country, in both directions.
    ['0412 345 678', '+61 412 345 678'],
    ['0061 412 345 678', '0412 345 678'],
    ['+61 412 345 678', '0061 412 345 678'],
    ['+61 412 345 678', '61412345678'],
    ['+61 412 345 678', '011 61 412 345 678'],
    ['020 7946 0958', '+44 (0)20 7946 0958'],
    ['+44 20 7946 0958', '020 7946 0958'],
    ['+44 (0)20 7946 0958', '+442079460958'],
    ['+39 06 1234 5678', '06 1234 5678'],
    ['06 1234 5678', '+39 06 1234 5678'],
    ['+7 912 345-67-89', '8 912 345 67 89'],
    ['8 (912) 345-67-89', '+7 912 345 67 89'],
    ['+36 1 234 5678', '06 1 234 5678'],
    ['+55 11 91234-5678', '(11) 91234-5678'],
    ['+55 11 91234-5678', '55 11 91234 5678'],
    ['1-303-555-0123', '303 555 0123'],
    ['13035550123', '+1 (303) 555-0123'],
    ['3035550123', '1 303 555 0123'],
    ['+91 98765 43210', '098765 43210'],
    ['+91 98765 43210', '98765 43210'],
    // Its beginning, as it is typed.
    ['+61 412 345 678', '0412 34'],
    ['+61 412 345 678', '+61 412'],
    ['020 7946 0958', '020 7946'],
    ['+44 20 7946 0958', '020 79'],
    ['+55 11 91234-5678', '(11) 9123'],
    // As it is pasted.
    ['５５５－０１０－７７７７', '555-010-7777'],
    ['\u{200b}555\u{2011}010\u{2011}7777', '555–010–7777'],
  ])('%j is found by %j', (stored, typed) => {
    expect(finds(typed, stored)).toBe(true);
  });

  it.each([
    ['555-010-7777', '555-010-7778'],
    ['+61 412 345 678', '0413 345 678'],
    ['555-010-0000 / 555-010-0001', '000 555 0100'],
    ['1234', '1234'],
  ])('%j is not found by %j', (stored, typed) => {
    expect(finds(typed, stored)).toBe(false);
  });

  it('is found behind a name, and digits of a name as before', () => {
    const lead = { name: 'Ann 00123', company: null, email: null, phone: '+61 412 345 678' };
    for (const text of ['ann 0412345678', '+61412345678 ann', '00123', 'ann 00123', '0012'])
      for (const term of parseSearchTerms(text))
        expect(
          leadSearchTokens(lead).some((word) => word.startsWith(term)),
          text,
        ).toBe(true);
  });

  it('costs one word where the country has numbers of ten digits', () => {
    expect(words('+1 (303) 555-0123')).toEqual(['3035550123']);
    expect(words('303-555-0123')).toEqual(['3035550123']);
  });

  it('is found in every country by its international and its national form', () => {
    for (const country of getCountries()) {
      const number = getExampleNumber(country, examples);
      if (number === undefined) continue;
      const [abroad, home] = [number.formatInternational(), number.formatNational()];
      for (const typed of [abroad, home, number.number, `00${number.number.slice(1)}`])
        expect(finds(typed, abroad), `${country}: ${abroad} by ${typed}`).toBe(true);
      if (home.replaceAll(/\D/g, '').length >= 5)
        expect(finds(home, home), `${country}: ${home}`).toBe(true);
    }
  });

  it('leaves room for names and addresses, whatever the field holds', () => {
    const piece = fc.oneof(
      fc.constantFrom('+', '/', ';', ',', ' ', 'x', 'ext.', '(0)', '00', 'or', '555-010-0000'),
      fc.string({ unit: 'grapheme', maxLength: 4 }),
      fc.integer({ min: 0, max: 1e9 }).map(String),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const phone = pieces.join('');
        expect(words(phone).length).toBeLessThanOrEqual(8);
        for (const word of words(phone)) expect(word).toMatch(/^[0-9]{1,20}$/);
        const all = leadSearchTokens({
          name: Array.from({ length: 40 }, (_, index) => `name${index}`).join(' '),
          company: 'Acme',
          email: 'ann@acme.com',
          phone,
        });
        expect(all.length).toBeLessThanOrEqual(24);
        expect(all).toEqual(expect.arrayContaining(['name0', 'annacmecom', ...words(phone)]));
      }),
      { numRuns: 300 },
    );
  });

  it.each([' ', '1 ', '/', ',', 'x1', ' ext 1', '+1', '#'])(
    'reads a long field of %j at once',
    (unit) => {
      const started = performance.now();
      words(unit.repeat(10_000));
      parseSearchTerms(unit.repeat(10_000));
      // Quadratic work takes minutes.
      expect(performance.now() - started).toBeLessThan(5_000);
    },
  );
});
