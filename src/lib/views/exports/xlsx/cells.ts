import type { Cell } from 'write-excel-file/node';
import type { CellValue, Column } from '../list.ts';
import { toWallTime } from '../local-time.ts';

/** Excel reports a file with longer text as damaged. */
const maxTextLength = 32_767;
const cutMark = '… [truncated: the CSV export has the full text]';

/** Text gets the type String, which no spreadsheet evaluates or retypes, so it stays as it is. */
export function toXlsxCell(value: CellValue, kind: Column['kind'], timeZone: string): Cell {
  if (value === null || value === '') return null;
  if (value instanceof Date)
    return { value: toWallTime(timeZone, value), type: Date, format: 'yyyy-mm-dd hh:mm' };
  if (typeof value === 'number')
    return { value, type: Number, format: kind === 'money' ? '#,##0.00' : 'General' };
  if (typeof value === 'boolean') return { value, type: Boolean };
  return { value: toStoredText(value), type: String };
}

/** The end of each line in a cell; a bare CR would be one in no spreadsheet. */
const lineEnd = /\r\n?/g;
/** Stands for a character in the files of Excel, so that the text itself must not look like it. */
const escapeStart = /_(?=x[0-9a-f]{4}_)/gi;

/**
 * The form in which a workbook stores text: at most as long as Excel reads, and with `_x0041_`
 * written as `_x005F_x0041_`, because readers would make an "A" of it (ECMA-376, part 1, section
 * 22.9.2.19).
 */
export function toStoredText(text: string): string {
  const cut =
    text.length > maxTextLength
      ? text.slice(0, maxTextLength - cutMark.length).toWellFormed() + cutMark
      : text;
  return cut.replace(lineEnd, '\n').replace(escapeStart, '_x005F_');
}
