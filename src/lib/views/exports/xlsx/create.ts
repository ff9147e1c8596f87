import { AsyncLocalStorage } from 'node:async_hooks';
import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import pLimit, { type LimitFunction } from 'p-limit';
import yazl from 'yazl';
import { throwIfCancelled } from '../../../platform/db/cancel.ts';
import { Problem } from '../../../platform/errors.ts';
import type { CellValue, ExportList, ExportRequest } from '../list.ts';
import { toStream, type Drained } from '../stream.ts';
import { listParts, sheetPath } from './parts.ts';
import { closeSheet, createRowWriter, maxRows, openSheet, type SheetHead } from './sheet.ts';

/** Rows that are written without a pause, in a few milliseconds. */
const rowsAtOnce = 200;

/**
 * How much the ZIP is compressed. Level 1 makes a third more bytes than the usual 6 in half of the
 * time, which is most of what a workbook costs.
 */
const compressionLevel = 1;

/** The workbooks of a workspace take turns by batches, so that others are answered in between. */
const inTenant = new Map<string, LimitFunction>();

/**
 * Streams the list as a workbook: a line about its content and age, a header, then rows with real
 * dates and numbers. One batch of rows is written and in memory at a time. Throws Problem
 * `too_large` for a list of which is known beforehand that no worksheet can hold it; where that
 * shows only later, the last row says that rows are missing.
 */
export async function createXlsxStream(
  list: ExportList,
  request: ExportRequest,
  about: string,
  drained: Drained,
): Promise<ReadableStream<Uint8Array>> {
  if ((await list.count?.(request, maxRows + 1)) === maxRows + 1) throw tooManyRowsProblem();
  const { id, timeZone } = request.tenant;
  const head = { about, columns: list.columns(request.tenant), timeZone };
  const batches = list.batches(request);
  const inRequest = AsyncLocalStorage.snapshot();
  const takeTurn = <T>(work: () => Promise<T>) => inTurn(id, () => inRequest(work));
  // Reading the first batch before the response starts lets a database failure still set the
  // status.
  const first = await takeTurn(() => batches.next());
  return toStream(zip(list.title, writeSheet(head, first, batches, takeTurn)), drained);
}

/** A turn ends with its batch, not when the client has received it: a slow one delays nobody. */
async function inTurn<T>(tenantId: string, work: () => Promise<T>): Promise<T> {
  const turns = inTenant.get(tenantId) ?? pLimit(1);
  inTenant.set(tenantId, turns);
  try {
    return await turns(work);
  } finally {
    if (turns.activeCount + turns.pendingCount === 0) inTenant.delete(tenantId);
  }
}

type Batch = IteratorResult<CellValue[][], unknown>;
type TakeTurn = <T>(work: () => Promise<T>) => Promise<T>;

/** The XML of the worksheet, piece by piece. */
async function* writeSheet(
  head: SheetHead,
  first: Batch,
  batches: AsyncGenerator<CellValue[][]>,
  takeTurn: TakeTurn,
): AsyncGenerator<Buffer> {
  const write = createRowWriter(head);
  let written = 0;
  let batch: Batch | undefined = first;
  try {
    yield Buffer.from(openSheet(head));
    for (;;) {
      const pieces: Buffer[] = await takeTurn(async () => {
        // Nobody waits for the file any more.
        throwIfCancelled();
        batch ??= await batches.next();
        return batch.done === true ? [] : writeRows(batch.value);
      });
      yield* pieces;
      if (batch?.done === true || written > maxRows) break;
      batch = undefined;
    }
    yield Buffer.from(closeSheet);
  } finally {
    await batches.return(undefined);
  }

  async function writeRows(rows: CellValue[][]): Promise<Buffer[]> {
    const fitting = rows.slice(0, maxRows - written);
    const pieces: Buffer[] = [];
    for (let at = 0; at < fitting.length; at += rowsAtOnce) {
      pieces.push(Buffer.from(write(written + at, fitting.slice(at, at + rowsAtOnce))));
      await nextTurn();
    }
    if (fitting.length < rows.length) pieces.push(Buffer.from(write(maxRows, [[cutMark]])));
    written += rows.length;
    return pieces;
  }
}

/** The archive, as fast as it is read. */
async function* zip(title: string, sheet: AsyncGenerator<Buffer>): AsyncGenerator<Uint8Array> {
  const archive = new yazl.ZipFile();
  const output = archive.outputStream as Readable;
  const source = Readable.from(sheet, { objectMode: false });
  source.on('error', (error) => output.destroy(error));
  archive.on('error', (error: Error) => output.destroy(error));
  for (const [path, xml] of listParts(title)) archive.addBuffer(Buffer.from(xml), path);
  archive.addReadStream(source, sheetPath, { compressionLevel });
  archive.end();
  try {
    yield* output;
  } finally {
    source.destroy();
  }
}

const advice =
  'Export the list as CSV, which has no limit, or choose a filter or a shorter period.';
const cutMark = `There are more rows than an Excel worksheet holds. ${advice}`;

function tooManyRowsProblem(): Problem {
  const limit = maxRows.toLocaleString('en-US');
  return new Problem(
    'too_large',
    `This list has more than ${limit} rows, the limit for Excel exports. ${advice}`,
  );
}
