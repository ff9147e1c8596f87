import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toCsvCell } from '#lib/views/exports/csv-cell.ts';

const cell = (text: string) => toCsvCell(text, 'UTC');

describe('a CSV cell', () => {
  it.each([
    ['=1+1', `'=1+1`],
    ['  =1+1', `'  =1+1`],
    ['\u{200b}=1+1', `'\u{200b}=1+1`],
    ['\u{feff}@SUM(A1)', `'\u{feff}@SUM(A1)`],
    ['\u{ad}\u{2060}+1(', `'\u{ad}\u{2060}+1(`],
    ['\u{1}\u{8}-2+3', `'\u{1}\u{8}-2+3`],
    ['\u{202e}＝1', `'\u{202e}＝1`],
    ['﹦1+1', `'﹦1+1`],
    ['\tx', `'\tx`],
    ['a;=1+1', `a;'=1+1`],
    ['a; \u{200b}"=1+1"', `a; \u{200b}"'=1+1"`],
    ['a\t@SUM(A1)', `a\t'@SUM(A1)`],
    ['a;b;-2+3;c', `a;b;'-2+3;c`],
    ['=a;=b', `'=a;'=b`],
    ['note\n=cmd|calc', `note\n'=cmd|calc`],
    ['note\r\n"+HYPERLINK("x")', `note\r\n"'+HYPERLINK("x")`],
  ])('guards the formula in %j', (text, guarded) => {
    expect(cell(text)).toBe(guarded);
  });

  it.each([
    '-12',
    '+13035550101',
    '001',
    '00123456789012345678',
    '1E5',
    'MAR1',
    '2026-03-01',
    'true',
    'a=b',
    'x -1',
    'Tasks:\n- call\n- write',
    'a;b',
    "'; drop table notes; --",
    'red; - ; blue',
    '5550100;+15550101',
    '1;-3.5;2',
    `O'Neil`,
    '<john@acme.example>',
    '_x0041_',
  ])('leaves %j as it is', (text) => {
    expect(cell(text)).toBe(text);
  });

  it('begins no cell of any spreadsheet with a formula, and only adds apostrophes', () => {
    const parts = fc.constantFrom(
      '=',
      '+',
      '-',
      '@',
      ';',
      '\t',
      '\n',
      '\r',
      ' ',
      '"',
      "'",
      'a',
      '(',
      '\u{200b}',
      '\u{1}',
    );
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 20 }), (signs) => {
        const text = signs.join('');
        const guarded = String(cell(text));
        const [first, ...others] = guarded.split(/[;\t]/);
        expect(first).not.toMatch(/^[\p{Cc}\p{Cf} ]*[=+\-@]/u);
        for (const piece of others) {
          const [line] = piece.split(/[\r\n]/);
          expect(line).not.toMatch(/^["\p{Cc}\p{Cf} ]*[=+\-@]+["'a(]/u);
        }
        expect(guarded.replaceAll("'", '')).toBe(text.replaceAll("'", ''));
      }),
      { numRuns: 1000 },
    );
  });

  it.each(['\n', '\t', ';', ' ', '"', '\n=', ';=', '\u{200b}'])(
    'reads 100,000 characters of %j at once',
    (unit) => {
      const started = performance.now();
      cell(`a${unit.repeat(100_000 / unit.length)}`);
      // Quadratic work takes minutes.
      expect(performance.now() - started).toBeLessThan(5_000);
    },
  );
});
