import type { CellValue, Column } from '../list.ts';
import { toWallTime } from '../local-time.ts';
import { styles } from './parts.ts';
import { toXmlText } from './text.ts';

/** What a worksheet has besides its rows. */
export interface SheetHead {
  /** The first line. */
  about: string;
  columns: readonly Column[];
  timeZone: string;
}

/** Rows of a worksheet: Excel opens no more (its "specifications and limits"). */
const maxSheetRows = 1_048_576;
/** Rows above the data, which stay in sight. */
const headRows = 2;
/** The most rows of data. The last row is left for saying that there were more. */
export const maxRows = maxSheetRows - headRows - 1;

const day = 86_400_000;
/** Days from 30 December 1899, where the count of spreadsheets begins, to 1970. */
const epoch = 25_569;

/** The worksheet up to its first row of data. */
export function openSheet({ about, columns }: SheetHead): string {
  const widths = columns.map(
    ({ width }, index) =>
      `<col min="${index + 1}" max="${index + 1}" width="${width}" customWidth="1"/>`,
  );
  const headings = columns.map(({ header, kind }, index) =>
    textCell(
      `${toLetters(index)}2`,
      header,
      isFigure(kind) ? styles.figureHeading : styles.heading,
    ),
  );
  return (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n' +
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">' +
    '<sheetViews><sheetView tabSelected="1" workbookViewId="0">' +
    `<pane ySplit="${headRows}" topLeftCell="A${headRows + 1}" activePane="bottomLeft" state="frozen"/>` +
    `</sheetView></sheetViews><cols>${widths.join('')}</cols><sheetData>` +
    `<row r="1">${textCell('A1', about)}</row><row r="2">${headings.join('')}</row>`
  );
}

export const closeSheet = '</sheetData></worksheet>';

function isFigure(kind: Column['kind']): boolean {
  return kind !== 'text' && kind !== 'flag';
}

/** Writes rows of data: the number of those before them, and their values. */
export type RowWriter = (before: number, rows: readonly (readonly CellValue[])[]) => string;

/** The rows of a worksheet as XML, one after the other. Unknown values have no cell. */
export function createRowWriter({ columns, timeZone }: SheetHead): RowWriter {
  const letters = columns.map((_, index) => toLetters(index));
  const isMoney = columns.map(({ kind }) => kind === 'money');
  return (before, rows) => {
    let xml = '';
    let number = headRows + before;
    for (const row of rows) {
      number += 1;
      xml += `<row r="${number}">`;
      for (let index = 0; index < row.length; index += 1)
        xml += toCell(`${letters[index]}${number}`, row[index], isMoney[index] === true, timeZone);
      xml += '</row>';
    }
    return xml;
  };
}

/** Text stands in a text cell, which no spreadsheet evaluates or retypes, so it stays as it is. */
function toCell(
  at: string,
  value: CellValue | undefined,
  isMoney: boolean,
  timeZone: string,
): string {
  if (value === null || value === undefined || value === '') return '';
  if (typeof value === 'string') return textCell(at, value);
  if (typeof value === 'number')
    return `<c r="${at}"${isMoney ? ` s="${styles.money}"` : ''}><v>${value}</v></c>`;
  if (typeof value === 'boolean') return `<c r="${at}" t="b"><v>${value ? 1 : 0}</v></c>`;
  const days = toWallTime(timeZone, value).getTime() / day + epoch;
  return `<c r="${at}" s="${styles.instant}"><v>${days}</v></c>`;
}

const blankEdge = /^\s|\s$/;

function textCell(at: string, text: string, style?: number): string {
  const styled = style === undefined ? '' : ` s="${style}"`;
  const space = blankEdge.test(text) ? ' xml:space="preserve"' : '';
  return `<c r="${at}"${styled} t="inlineStr"><is><t${space}>${toXmlText(text)}</t></is></c>`;
}

/** The name of a column: A to Z, then AA and so on. */
function toLetters(index: number): string {
  const last = String.fromCharCode(65 + (index % 26));
  return index < 26 ? last : toLetters(Math.floor(index / 26) - 1) + last;
}
