import { readSheet } from 'read-excel-file/node';
import { describe, expect, it } from 'vitest';
import { withCancellation } from '#lib/platform/db/cancel.ts';
import { Problem } from '#lib/platform/errors.ts';
import type { CellValue, Column, ExportList, ExportRequest } from '#lib/views/exports/list.ts';
import { createXlsxFile } from '#lib/views/exports/xlsx/create.ts';
import { allowForLoad } from '../../helpers/patience.ts';

allowForLoad();

const columns = Array.from({ length: 20 }, (_, index): Column => ({
  header: `Column ${index}`,
  width: 20,
  kind: 'text',
}));

/** A list of so many rows in batches of a thousand, which calls back when all have been read. */
function listOf(
  rows: number,
  onRead: () => Promise<void> | void = () => {},
  toText = (row: number, column: string) => `${column} of ${row}`,
): ExportList {
  return {
    title: 'Rows',
    columns: () => columns,
    scope: () => '',
    async *batches(): AsyncGenerator<CellValue[][]> {
      for (let at = 0; at < rows; at += 1_000)
        yield Array.from({ length: Math.min(1_000, rows - at) }, (_, row) =>
          columns.map(({ header }) => toText(at + row, header)),
        );
      await onRead();
    },
  };
}

const requestOf = (id: string): ExportRequest => ({
  tenant: { id, slug: id, name: id, timeZone: 'UTC', currency: 'USD' },
  params: new URLSearchParams(),
  now: new Date(),
});
const create = (list: ExportList, tenant = 'north') =>
  createXlsxFile(list, requestOf(tenant), `About ${tenant}`);

/** As many turns of the event loop as answering some requests takes. */
async function turn(times: number): Promise<void> {
  for (let time = 0; time < times; time += 1)
    await new Promise((resolve) => setTimeout(resolve, 1));
}

describe('a workbook', () => {
  it('is built while the process goes on with the work of others', async () => {
    const order: string[] = [];
    const others = Promise.withResolvers<void>();
    const file = create(
      listOf(20_000, () => {
        order.push('rows');
        void turn(100).then(() => {
          order.push('others');
          others.resolve();
        });
      }),
    );
    await Promise.all([file.then(() => order.push('file')), others.promise]);
    expect(order).toEqual(['rows', 'others', 'file']);
    const sheet = await readSheet(Buffer.from(await file));
    expect([sheet.length, sheet[0]?.[0], sheet.at(-1)?.[19]]).toEqual([
      20_002,
      'About north',
      'Column 19 of 19999',
    ]);
  });

  it('waits for another of its workspace, but not for one of another workspace', async () => {
    const release = Promise.withResolvers<void>();
    const done: string[] = [];
    const start = (name: string, tenant: string, list: ExportList) =>
      create(list, tenant).then(() => done.push(name));
    const slow = ['first', 'second', 'third'].map((name) =>
      start(
        name,
        'north',
        listOf(10, () => release.promise),
      ),
    );
    await start('other', 'south', listOf(10));
    expect(done).toEqual(['other']);
    release.resolve();
    await Promise.all(slow);
    expect(done).toEqual(['other', 'first', 'second', 'third']);
  });

  it('is given up, with its thread, when its client leaves', async () => {
    const left = new Error('The client has left');
    const client = new AbortController();
    const endless = listOf(10, () => {
      client.abort(left);
      return new Promise<void>(() => {});
    });
    const given = withCancellation(client.signal, () => create(endless));
    const waiting = withCancellation(client.signal, () => create(listOf(10)));
    await expect(given).rejects.toBe(left);
    await expect(waiting).rejects.toBe(left);
    expect(process.getActiveResourcesInfo()).not.toContain('Worker');
    expect((await create(listOf(10))).byteLength).toBeGreaterThan(1_000);
  });

  it('of more text than fits into memory is refused, and the process goes on', async () => {
    const text = 'x'.repeat(2_000);
    const refused = create(listOf(20_000, undefined, (row) => text + row));
    const problem = await refused.catch((error: unknown) => error);
    expect(problem).toBeInstanceOf(Problem);
    expect(problem).toMatchObject({ code: 'too_large' });
    expect((await create(listOf(10))).byteLength).toBeGreaterThan(1_000);
  });
});
