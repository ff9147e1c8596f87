import { stringify } from 'csv-stringify/sync';
import { log } from '../../platform/log.ts';
import { safeMessage } from '../../platform/secrets.ts';
import type { CellValue, ExportList, ExportRequest } from './list.ts';
import { toIsoIn } from './local-time.ts';

/** Resolves when the client has taken what it was sent, or has gone away. */
export type Drained = () => Promise<void>;

/**
 * The list as CSV (RFC 4180, UTF-8 without a byte order mark): a header line and nothing but rows,
 * for programs to read; the spreadsheet format is there for people. Only a few batches are ever in
 * memory.
 */
export async function createCsvStream(
  list: ExportList,
  request: ExportRequest,
  drained: Drained,
): Promise<ReadableStream<Uint8Array>> {
  const batches = list.batches(request);
  const headers = list.columns(request.tenant).map(({ header }) => header);
  // The first batch is read before anything is sent, so that a database that is away can still be
  // told with a status.
  const first = await batches.next();
  return toStream(encodeBatches());

  async function* encodeBatches(): AsyncGenerator<Uint8Array> {
    yield encodeRows([headers, ...toCells(first.value ?? [])]);
    try {
      for (await drained(); ; await drained()) {
        const { done, value } = await batches.next();
        if (done) return;
        yield encodeRows(toCells(value));
      }
    } catch (error) {
      log.error({ event: 'export.failed', reason: safeMessage(error) }, 'An export broke off');
      throw error;
    }
  }

  function toCells(rows: CellValue[][]): CellValue[][] {
    return rows.map((row) => row.map((value) => toCsvCell(value, request.tenant.timeZone)));
  }
}

/** A stream that asks for the next chunk only when somebody wants it. */
function toStream(chunks: AsyncGenerator<Uint8Array>): ReadableStream<Uint8Array> {
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await chunks.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: async () => void (await chunks.return(undefined)),
    },
    { highWaterMark: 0 },
  );
}

const encodeRows = (rows: CellValue[][]): Uint8Array =>
  Buffer.from(stringify(rows, { record_delimiter: 'windows', cast: { boolean: String } }));

/**
 * The characters at which a spreadsheet begins to compute, ASCII and full width, and blanks that it
 * skips before them.
 */
const formulaStart = /^\s*[=+\-@\t\r\n＝＋－＠]/;
const plainNumber = /^[+-]?\d+(\.\d+)?$/;

/**
 * A cell as it goes into a CSV file. Text that a spreadsheet would compute gets an apostrophe in
 * front: whoever can write a lead's name must not be able to run anything at whoever opens the
 * file. Plain numbers stay as they are.
 * @see https://owasp.org/www-community/attacks/CSV_Injection
 */
function toCsvCell(value: CellValue, timeZone: string): CellValue {
  if (value instanceof Date) return toIsoIn(timeZone, value);
  if (typeof value !== 'string' || !formulaStart.test(value) || plainNumber.test(value))
    return value;
  return `'${value}`;
}
