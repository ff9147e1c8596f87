import { toCsvCell } from './csv-cell.ts';
import type { CellValue } from './list.ts';

/**
 * Text that is written as it is, which nearly all cells are and one look tells: it begins and ends
 * with a printable ASCII character, it begins with no sign of a formula, and nothing in it has to
 * be quoted or is followed by another cell or row in any spreadsheet.
 */
const plain = /^[!#-*.-:<>?A-~](?:[ !#-+\--:<-~\u00A0-\u2027\u202A-\uFFFF]*[!#-+\--:<-~])?$/;

/**
 * Text with a line break of any kind, or with what other programs take for a separator, is quoted
 * beside what has to be: a bare LF would begin another row for those who read by lines (RFC 4180,
 * section 2.6).
 */
const needsQuotes = /[\p{Cc}\u2028\u2029;",]|^\s|\s$/u;

/** Rows as lines of CSV in UTF-8, each with its CRLF; times in the time zone. */
export function encodeCsvRows(rows: readonly CellValue[][], timeZone: string): Uint8Array {
  let lines = '';
  for (const row of rows) {
    let separator = '';
    for (const value of row) {
      lines += separator + encodeCell(value, timeZone);
      separator = ',';
    }
    lines += '\r\n';
  }
  return Buffer.from(lines);
}

function encodeCell(value: CellValue, timeZone: string): string {
  if (typeof value === 'string' && plain.test(value)) return value;
  const guarded = toCsvCell(value, timeZone);
  if (guarded === null) return '';
  if (typeof guarded !== 'string') return String(guarded);
  return needsQuotes.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
}
