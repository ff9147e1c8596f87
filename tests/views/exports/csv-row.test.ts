import { stringify } from 'csv-stringify/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toCsvCell } from '#lib/views/exports/csv-cell.ts';
import { encodeCsvRows } from '#lib/views/exports/csv-row.ts';
import type { CellValue } from '#lib/views/exports/list.ts';

const timeZone = 'America/Denver';
const encode = (rows: CellValue[][]) => Buffer.from(encodeCsvRows(rows, timeZone)).toString('utf8');

/** What the library for CSV writes of the guarded cells. */
const byLibrary = (rows: CellValue[][]) =>
  Buffer.from(
    stringify(
      rows.map((row) => row.map((value) => toCsvCell(value, timeZone))),
      {
        record_delimiter: 'windows',
        quoted_match: /[\p{Cc}\u2028\u2029;]|^\s|\s$/u,
        cast: { boolean: String },
      },
    ),
  ).toString('utf8');

const signs = fc.constantFrom(
  ...'=+-@＝﹣;,"\'\t\r\n (|\0\x1F\x7F\x85\x9F\u00A0\u00AD\u200B\u2027\u2028\u2029\u202A\uFEFF\uFFFD',
  ...'\uFFFF😀üaZ09./:<>?!#*~_$[{',
  '\r\n',
  '\uD800',
  '\uDC00',
);
const text = fc.oneof(
  fc.array(signs, { maxLength: 8 }).map((parts) => parts.join('')),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.string({ unit: 'grapheme-ascii', maxLength: 12 }),
);
const value = fc.oneof(
  { arbitrary: text as fc.Arbitrary<CellValue>, weight: 8 },
  fc.constantFrom<CellValue>(null, true, false, '-12', '+1.5', '001'),
  fc.double({ noNaN: true, noDefaultInfinity: true }) as fc.Arbitrary<CellValue>,
  fc.integer(),
  fc.date({ min: new Date('1900-01-01'), max: new Date('2300-01-01'), noInvalidDate: true }),
);

describe('rows of CSV', () => {
  it('are byte for byte what a library writes of the guarded cells', () => {
    fc.assert(
      fc.property(fc.array(fc.array(value, { minLength: 1, maxLength: 6 })), (rows) => {
        expect(encode(rows)).toBe(byLibrary(rows));
      }),
      { numRuns: 5_000 },
    );
  });

  it('are the same for every single character at either end and within', () => {
    const rows: CellValue[][] = [];
    for (let code = 0; code <= 0xff_ff; code += 1) {
      const one = String.fromCharCode(code);
      rows.push([one, `${one}a`, `a${one}`, `a${one}a`]);
    }
    expect(encode(rows)).toBe(byLibrary(rows));
  });
});
