import pLimit, { type LimitFunction } from 'p-limit';
import { throwIfCancelled } from '../../../platform/db/cancel.ts';
import { Problem } from '../../../platform/errors.ts';
import type { CellValue, ExportList, ExportRequest } from '../list.ts';
import { buildInThread } from './build.ts';

/**
 * The most rows of a workbook. The library holds the whole file in memory, about 10 kB a row of 30
 * columns, and computes 0.2 ms for it. Larger lists must be exported as CSV.
 */
const maxXlsxRows = 20_000;

/** How many workbooks a process builds at once; each has a thread with memory of its own. */
const inProcess = pLimit(2);
/** One at a time for each workspace, so that its exports cannot take all places. */
const inTenant = new Map<string, LimitFunction>();

/**
 * Creates the list as a workbook: a line about its content and age, a header, then rows with real
 * dates and numbers. Throws Problem `too_large` for a list that no workbook can hold.
 */
export async function createXlsxFile(
  list: ExportList,
  request: ExportRequest,
  about: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const { id, timeZone } = request.tenant;
  const turns = inTenant.get(id) ?? pLimit(1);
  inTenant.set(id, turns);
  const head = { sheet: list.title, about, columns: list.columns(request.tenant), timeZone };
  try {
    return await turns(() =>
      inProcess(() => {
        // Nobody waits for the file any more.
        throwIfCancelled();
        return buildInThread(head, limitRows(list.batches(request)));
      }),
    );
  } finally {
    if (turns.activeCount + turns.pendingCount === 0) inTenant.delete(id);
  }
}

async function* limitRows(
  batches: AsyncIterable<CellValue[][]>,
): AsyncGenerator<CellValue[][], void, undefined> {
  let count = 0;
  for await (const batch of batches) {
    count += batch.length;
    if (count > maxXlsxRows) throw tooManyRowsProblem();
    yield batch;
  }
}

function tooManyRowsProblem(): Problem {
  const limit = maxXlsxRows.toLocaleString('en-US');
  return new Problem(
    'too_large',
    `This list has more than ${limit} rows, the limit for Excel exports. ` +
      'Export it as CSV, which has no limit, or choose a filter or a shorter period.',
  );
}
