import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAmount, toAmount } from '#lib/conversion/values/amount.ts';
import { amount } from '#lib/records/text.ts';

describe('parseAmount', () => {
  it.each([
    ['$45,000.00', '45000.00'],
    ['45000', '45000.00'],
    [' 45000.5 ', '45000.50'],
    ['-1,234.567', '-1234.57'],
    ['45k', '45000.00'],
    ['$1.2M', '1200000.00'],
    ['1.2345m', '1234500.00'],
    ['45000 USD', '45000.00'],
    ['USD 45,000', '45000.00'],
    ['$45,000 USD', '45000.00'],
    ['US$ 45,000', '45000.00'],
    ['0', '0.00'],
    ['-0', '0.00'],
    ['999999999999.99', '999999999999.99'],
    ['$.50', '0.50'],
    ['45.', '45.00'],
    ['(500)', '-500.00'],
    ['($500.25)', '-500.25'],
    ['$(500)', '-500.00'],
    ['$-500', '-500.00'],
    ['-$500', '-500.00'],
    ['\u2212500', '-500.00'],
    ['500-', '-500.00'],
    ['+500', '500.00'],
    ['1.234,56', '1234.56'],
    ['1.234.567', '1234567.00'],
    ['1.234.567,89', '1234567.89'],
    ['1,25,000.00', '125000.00'],
    ['12,34,567', '1234567.00'],
    ['1 234 567,5', '1234567.50'],
    ['1\u202F234,50', '1234.50'],
    ["1'234.50", '1234.50'],
    ['1\u2019234', '1234.00'],
    ['45.000,-', '45000.00'],
    ['45.-', '45.00'],
    ['45,50', '45.50'],
    ['0,125', '0.13'],
    ['0.125', '0.13'],
    ['1234.500', '1234.50'],
    ['1.2345', '1.23'],
    ['45,000', '45000.00'],
    ['\uFF14\uFF15\uFF10', '450.00'],
    ['45\u200B000', '45000.00'],
    [45.125, '45.13'],
    [1e-9, '0.00'],
    [-0.005, '-0.01'],
  ])('reads %j in dollars', (text, expected) => {
    expect(parseAmount(text, 'USD')).toBe(expected);
  });

  it.each([
    ['€45.000,00', 'EUR', '45000.00'],
    ['45.000,00 €', 'EUR', '45000.00'],
    ['EUR 1.234', 'EUR', null],
    ['£30,000', 'GBP', '30000.00'],
    ['₹1,25,000.00', 'INR', '125000.00'],
    ['Rs. 1,25,000', 'INR', '125000.00'],
    ['¥1,000', 'JPY', '1000.00'],
    ['\uFFE51,000', 'JPY', '1000.00'],
    ["CHF 1'000.-", 'CHF', '1000.00'],
    ['1 000 kr', 'SEK', '1000.00'],
    ['CA$500', 'CAD', '500.00'],
    ['$500', 'CAD', '500.00'],
    ['45k', 'MMK', '45000.00'],
    ['45,000', 'KWD', null],
    ['45,000.125', 'KWD', '45000.13'],
    ['$45,000', 'EUR', null],
    ['€45', 'USD', null],
    ['£30,000', 'USD', null],
    ['CAD 500', 'USD', null],
  ])('reads %j in %s as %j', (text, currency, expected) => {
    expect(parseAmount(text, currency)).toBe(expected);
  });

  it.each([
    null,
    undefined,
    '',
    'TBD',
    '40-50k',
    '45.000',
    '$45.000',
    '-45.000',
    '1.234k',
    '1,5',
    '1,234,5',
    '1,23,45',
    '1.23.456',
    '12.34,56',
    '1,234,567.89.1',
    '$',
    '$$5',
    '--5',
    '(-500)',
    '5 5',
    '.',
    ',50',
    '1e9',
    'NaN',
    '1000000000000',
    '999999999999.999',
    '9999999M',
    '9'.repeat(400),
    1e21,
    Number.NaN,
    true,
    ['5'],
  ])('takes %j for no amount', (text) => {
    expect(parseAmount(text, 'USD')).toBeNull();
  });

  const cents = fc.integer({ min: -99_999_999_999_999, max: 99_999_999_999_999 });
  const toExact = (count: number) => {
    const digits = String(Math.abs(count)).padStart(3, '0');
    return `${count < 0 ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
  };

  it('gives back every amount, however locales group and sign it', () => {
    const locales = ['en-US', 'de-DE', 'fr-FR', 'de-CH', 'en-IN', 'pt-BR', 'sv-SE', 'es-ES'];
    const currencies = ['USD', 'EUR', 'GBP', 'INR', 'CHF', 'BRL', 'SEK'];
    const styles = fc.record({
      locale: fc.constantFrom(...locales),
      currency: fc.constantFrom(...currencies),
      currencyDisplay: fc.constantFrom('symbol', 'narrowSymbol', 'code'),
      currencySign: fc.constantFrom('standard', 'accounting'),
    });
    fc.assert(
      fc.property(cents, styles, (count, { locale, ...style }) => {
        const exact = toExact(count);
        const format = new Intl.NumberFormat(locale, {
          style: 'currency',
          ...style,
        } as Intl.NumberFormatOptions);
        const written = format.format(exact as Intl.StringNumericLiteral);
        expect(parseAmount(written, style.currency), written).toBe(exact);
        expect(amount().safeParse(exact).success).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('answers any text with an amount that can be stored, or none', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."0123456789.,-()$€ km'+") }), (text) => {
        const read = parseAmount(text, 'USD');
        if (read === null) return;
        expect(amount().safeParse(read).success).toBe(true);
      }),
    );
  });
});

it('takes numbers of programs at their digits', () => {
  expect(toAmount('123456789012.34567')).toBe('123456789012.35');
  expect(toAmount(33.335)).toBe('33.34');
  expect(toAmount(1.005)).toBe('1.01');
  expect(toAmount('-1.004')).toBe('-1.00');
  expect([toAmount('1,000'), toAmount(''), toAmount(null), toAmount(1e15)]).toEqual(
    Array(4).fill(null),
  );
});
