import { parentPort, workerData } from 'node:worker_threads';
import writeExcelFile, { type Row } from 'write-excel-file/node';
import { freezeObjectPrototype } from '../../../platform/frozen-prototype.ts';
import type { CellValue, Column } from '../list.ts';
import type { ThreadRequest, WorkbookHead } from './build.ts';
import { toStoredText, toXlsxCell } from './cells.ts';

/*
 * The thread of `buildInThread`. It answers each batch of rows with null, and the end of the rows
 * with the file.
 */

freezeObjectPrototype();

const { sheet, about, columns, timeZone } = workerData as WorkbookHead;
const rows: Row[] = [];

parentPort?.on('message', (request: ThreadRequest) => {
  if (request !== 'end') {
    for (const values of request) rows.push(toRow(values));
    return parentPort?.postMessage(null);
  }
  return buildFile().then((file) => parentPort?.postMessage(file, [file.buffer]));
});

const toRow = (values: CellValue[]): Row =>
  values.map((value, index) => toXlsxCell(value, columns[index]?.kind ?? 'text', timeZone));

async function buildFile(): Promise<Uint8Array<ArrayBuffer>> {
  const header: Row = columns.map(({ header: value, kind }) => ({
    value: toStoredText(value),
    fontWeight: 'bold',
    ...(isFigure(kind) ? { align: 'right' } : {}),
  }));
  const data = [[{ value: toStoredText(about), type: String }], header, ...rows];
  const options = {
    sheet,
    columns: columns.map(({ width }) => ({ width })),
    stickyRowsCount: 2,
  };
  return new Uint8Array(await writeExcelFile(data, options).toBuffer());
}

function isFigure(kind: Column['kind']): boolean {
  return kind !== 'text' && kind !== 'flag';
}
