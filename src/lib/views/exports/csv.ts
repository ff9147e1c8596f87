import { AsyncLocalStorage } from 'node:async_hooks';
import { stringify } from 'csv-stringify/sync';
import { isCancelled } from '../../platform/db/cancel.ts';
import { log } from '../../platform/log.ts';
import { safeReason } from '../../platform/secrets.ts';
import { toCsvCell } from './csv-cell.ts';
import type { CellValue, ExportList, ExportRequest } from './list.ts';

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
      if (!isCancelled())
        log.error({ event: 'export.failed', reason: safeReason(error) }, 'An export broke off');
      throw error;
    } finally {
      await batches.return(undefined);
    }
  }

  function toCells(rows: CellValue[][]): CellValue[][] {
    return rows.map((row) => row.map((value) => toCsvCell(value, request.tenant.timeZone)));
  }
}

/**
 * A stream that reads the next chunk only when the consumer wants it. Chunks are read as part of
 * the request that asked for the export: its log fields and its cancellation apply to all of them.
 */
function toStream(chunks: AsyncGenerator<Uint8Array>): ReadableStream<Uint8Array> {
  const inRequest = AsyncLocalStorage.snapshot();
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await inRequest(() => chunks.next());
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: async () => void (await chunks.return(undefined)),
    },
    { highWaterMark: 0 },
  );
}

/**
 * Text with a line break of any kind, or with what other programs take for a separator, is quoted.
 * The library by itself quotes CRLF alone, and a bare LF would begin another row for those who
 * read by lines (RFC 4180, section 2.6).
 */
const needsQuotes = /[\p{Cc}\u2028\u2029;]|^\s|\s$/u;

const encodeRows = (rows: CellValue[][]): Uint8Array =>
  Buffer.from(
    stringify(rows, {
      record_delimiter: 'windows',
      quoted_match: needsQuotes,
      cast: { boolean: String },
    }),
  );
