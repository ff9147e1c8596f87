import type { CellValue, Column, ExportList, ExportRequest } from '#lib/views/exports/list.ts';

/*
 * Lists that come from nowhere, to see how they are exported.
 */

export const column = (header: string, kind: Column['kind'] = 'text'): Column => ({
  header,
  width: 20,
  kind,
});

export const request = (id = 'north', timeZone = 'UTC'): ExportRequest => ({
  tenant: { id, slug: id, name: id, timeZone, currency: 'USD' },
  params: new URLSearchParams(),
  now: new Date(),
});

/** What a list was asked for. */
export interface Watched extends ExportList {
  /** Batches that were taken from it. */
  taken: number;
  /** Whether it was told that no more is wanted, or gave its last batch. */
  isEnded: boolean;
}

/** A list of so many batches, made as they are asked for. */
export function listOf(
  columns: Column[],
  batches: number,
  toBatch: (batch: number) => CellValue[][] | Promise<CellValue[][]>,
): Watched {
  const list: Watched = {
    taken: 0,
    isEnded: false,
    title: 'Rows',
    columns: () => columns,
    scope: () => '',
    async *batches() {
      try {
        for (let batch = 0; batch < batches; batch += 1) {
          list.taken += 1;
          yield await toBatch(batch);
        }
      } finally {
        list.isEnded = true;
      }
    },
  };
  return list;
}

export const atOnce = () => Promise.resolve();

export async function readAll(stream: ReadableStream<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** As many turns of the event loop as answering some requests takes. */
export async function turn(times = 50): Promise<void> {
  for (let time = 0; time < times; time += 1)
    await new Promise((resolve) => setTimeout(resolve, 1));
}
