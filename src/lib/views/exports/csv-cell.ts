import type { CellValue } from './list.ts';
import { toIsoIn } from './local-time.ts';

/** What a spreadsheet skips before it looks for a formula: blanks, controls, invisible signs. */
const skipped = String.raw`[\s\p{Cc}\p{Default_Ignorable_Code_Point}]`;
/** The same within a cell, with quotes; the separators are left out so that a search is linear. */
const skippedInside = String.raw`[["${skipped}]--[\t\r\n]]*`;
/** What a formula begins with, in the widths that input methods write. */
const sign = String.raw`[=+\-@＝＋－＠﹦﹢﹣﹫]`;

/** What a sign has to stand before, so that it is no dash. */
const operand = String.raw`[\p{L}\p{N}"'\(\[\{$#.]`;

/** A number that fills the rest of its cell. */
const number = String.raw`[+\-]\d+(?:\.\d+)?(?:[;\t\r\n]|$)`;

const formulaStart = new RegExp(String.raw`^(?:${skipped}*${sign}|\s*[\t\r\n])`, 'v');
/**
 * Where a spreadsheet whose separator is a semicolon or a tab begins another cell: our quotes stand
 * in the middle of one there, and count for nothing.
 */
const formulaBehindSeparator = new RegExp(
  String.raw`([;\t]${skippedInside})(?!${number})(?=${sign}[[${sign}${skipped}]--[\t\r\n]]*${operand})`,
  'gv',
);
/**
 * The same where such a spreadsheet begins another row. Only what calls a function or names a sheet
 * or another program is guarded there: many notes are lists of lines that begin with a hyphen.
 */
const formulaBehindBreak = new RegExp(
  String.raw`([\r\n]${skippedInside})(?=${sign}[^\r\n]*[\(\|!])`,
  'gv',
);
const plainNumber = /^[+-]?\d+(\.\d+)?$/;

/**
 * Converts a value to a CSV cell. Text that a spreadsheet would evaluate gets an apostrophe before
 * the formula: otherwise anyone who can write a lead's name could run a formula on the computer of
 * whoever opens the file. Plain numbers, and all other text, stay exactly as they are, even where a
 * spreadsheet would retype them (001, 1E5, MAR1): programs read CSV, and the Excel format has text
 * cells for people.
 * @see https://owasp.org/www-community/attacks/CSV_Injection
 */
export function toCsvCell(value: CellValue, timeZone: string): CellValue {
  if (value instanceof Date) return toIsoIn(timeZone, value);
  if (typeof value !== 'string' || plainNumber.test(value)) return value;
  const inner = value.replace(formulaBehindSeparator, "$1'").replace(formulaBehindBreak, "$1'");
  return formulaStart.test(value) ? `'${inner}` : inner;
}
