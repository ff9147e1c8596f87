import { encodeCsvRows } from './csv-row.ts';
import type { ExportList, ExportRequest } from './list.ts';
import { toStream, type Drained } from './stream.ts';

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
  const { timeZone } = request.tenant;
  const batches = list.batches(request);
  const headers = list.columns(request.tenant).map(({ header }) => header);
  // Reading the first batch before the response starts lets a database failure still set the
  // status.
  const first = await batches.next();
  return toStream(encodeBatches(), drained);

  async function* encodeBatches(): AsyncGenerator<Uint8Array> {
    try {
      yield encodeCsvRows([headers, ...(first.value ?? [])], timeZone);
      for (;;) {
        const { done, value } = await batches.next();
        if (done) return;
        yield encodeCsvRows(value, timeZone);
      }
    } finally {
      await batches.return(undefined);
    }
  }
}
