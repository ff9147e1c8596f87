import pLimit from 'p-limit';
import writeExcelFile, { type Cell, type Row } from 'write-excel-file/node';
import { Problem } from '../../platform/errors.ts';
import type { CellValue, Column, ExportList, ExportRequest } from './list.ts';
import { toWallTime } from './local-time.ts';

/**
 * The most rows of a workbook. The library builds the whole file in memory, about 7 kB and 0.1 ms a
 * row; 100,000 rows would take 0.7 GB and block the process for 8 s. Larger lists must be exported
 * as CSV.
 */
const maxXlsxRows = 20_000;
/** Excel reports a file with longer text as damaged. */
const maxTextLength = 32_767;
const cutMark = '… [truncated: the CSV export has the full text]';

/** Builds one workbook at a time: several at once would exhaust the memory of the process. */
const oneAtATime = pLimit(1);

/**
 * Creates the list as a workbook: a line about its content and age, a header, then rows with real
 * dates and numbers.
 */
export function createXlsxFile(
  list: ExportList,
  request: ExportRequest,
  about: string,
): Promise<Uint8Array<ArrayBuffer>> {
  return oneAtATime(async () => {
    const columns = list.columns(request.tenant);
    const rows = await collectRows(list, request, columns);
    const header: Row = columns.map(({ header: value, kind }) => ({
      value: toStoredText(value),
      fontWeight: 'bold',
      ...(isFigure(kind) ? { align: 'right' } : {}),
    }));
    const data = [[{ value: toStoredText(about), type: String }], header, ...rows];
    const options = {
      sheet: list.title,
      columns: columns.map(({ width }) => ({ width })),
      stickyRowsCount: 2,
    };
    return new Uint8Array(await writeExcelFile(data, options).toBuffer());
  });
}

async function collectRows(
  list: ExportList,
  request: ExportRequest,
  columns: Column[],
): Promise<Row[]> {
  const { timeZone } = request.tenant;
  const rows: Row[] = [];
  for await (const batch of list.batches(request)) {
    if (rows.length + batch.length > maxXlsxRows) throw tooManyRowsProblem();
    for (const values of batch)
      rows.push(
        values.map((value, index) => toXlsxCell(value, columns[index]?.kind ?? 'text', timeZone)),
      );
  }
  return rows;
}

function tooManyRowsProblem(): Problem {
  const limit = maxXlsxRows.toLocaleString('en-US');
  return new Problem(
    'too_large',
    `This list has more than ${limit} rows, the limit for Excel exports. ` +
      'Export it as CSV, which has no limit, or choose a filter or a shorter period.',
  );
}

const isFigure = (kind: Column['kind']) => kind !== 'text' && kind !== 'flag';

/** Text gets the type String, which no spreadsheet evaluates or retypes, so it stays as it is. */
function toXlsxCell(value: CellValue, kind: Column['kind'], timeZone: string): Cell {
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
function toStoredText(text: string): string {
  const cut =
    text.length > maxTextLength
      ? text.slice(0, maxTextLength - cutMark.length).toWellFormed() + cutMark
      : text;
  return cut.replace(lineEnd, '\n').replace(escapeStart, '_x005F_');
}
