import { stringify } from 'csv-stringify/sync';
import { log } from '../../platform/log.ts';
import { safeReason } from '../../platform/secrets.ts';
import type { CellValue, ExportList, ExportRequest } from './list.ts';
import { toIsoIn } from './local-time.ts';

/** Resolves when the client has received what was sent, or has disconnected. */
export type Drained = () => Promise<void>;

/**
 * Streams the list as CSV (RFC 4180, UTF-8 without a byte order mark): a header line, then only
 * rows, because programs read it; the Excel format is for people. Only a few batches are in memory
 * at a time.
 */
export async function createCsvStream(
  list: ExportList,
  request: ExportRequest,
  drained: Drained,
): Promise<ReadableStream<Uint8Array>> {
  const batches = list.batches(request);
  const headers = list.columns(request.tenant).map(({ header }) => header);
  // Reading the first batch before the response starts lets a database failure still set the
  // status.
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
      log.error({ event: 'export.failed', reason: safeReason(error) }, 'An export broke off');
      throw error;
    }
  }

  function toCells(rows: CellValue[][]): CellValue[][] {
    return rows.map((row) => row.map((value) => toCsvCell(value, request.tenant.timeZone)));
  }
}

/** A stream that reads the next chunk only when the consumer wants it. */
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
 * Matches text that a spreadsheet would evaluate: the start characters of formulas, ASCII and
 * full-width, after blanks that it ignores.
 */
const formulaStart = /^\s*[=+\-@\t\r\n＝＋－＠]/;
const plainNumber = /^[+-]?\d+(\.\d+)?$/;

/**
 * Converts a value to a CSV cell. Text that a spreadsheet would evaluate gets a leading apostrophe:
 * otherwise anyone who can write a lead's name could run a formula on the computer of whoever opens
 * the file. Plain numbers stay unchanged.
 * @see https://owasp.org/www-community/attacks/CSV_Injection
 */
function toCsvCell(value: CellValue, timeZone: string): CellValue {
  if (value instanceof Date) return toIsoIn(timeZone, value);
  if (typeof value !== 'string' || !formulaStart.test(value) || plainNumber.test(value))
    return value;
  return `'${value}`;
}
