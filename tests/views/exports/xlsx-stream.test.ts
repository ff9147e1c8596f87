import { readSheet } from 'read-excel-file/node';
import { describe, expect, it } from 'vitest';
import { throwIfCancelled, withCancellation } from '#lib/platform/db/cancel.ts';
import type { ExportList } from '#lib/views/exports/list.ts';
import { createXlsxStream } from '#lib/views/exports/xlsx/create.ts';
import { unzip } from '../../isolation/unzip.ts';
import { allowForLoad } from '../../helpers/patience.ts';
import { atOnce, column, listOf, readAll, request, turn } from './lists.ts';

allowForLoad();

const columns = Array.from({ length: 20 }, (_, index) => column(`Column ${index}`));
/** A thousand rows of text that is never the same. */
const batchOf = (batch: number) =>
  Array.from({ length: 1_000 }, (_, row) =>
    columns.map(({ header }) => `${header} of ${batch * 1_000 + row}`),
  );
/** What the parts of the stream hold, compressed and not. */
const fewBatches = 6;
const create = async (list: ExportList, tenant = 'north', drained = atOnce) =>
  createXlsxStream(list, request(tenant), `About ${tenant}`, drained);
const build = async (list: ExportList, tenant?: string) => readAll(await create(list, tenant));

describe('a workbook', () => {
  it('is written while the process goes on with the work of others', async () => {
    const list = listOf(columns, 20, batchOf);
    let turns = 0;
    let done = false;
    const others = (async () => {
      for (; !done; turns += 1) await new Promise((resolve) => setImmediate(resolve));
    })();
    const file = await build(list);
    done = true;
    await others;
    // Each batch is written in five parts.
    expect(turns).toBeGreaterThanOrEqual(20 * 5);
    const sheet = await readSheet(file);
    expect([sheet.length, sheet[0]?.[0], sheet.at(-1)?.[19]]).toEqual([
      20_002,
      'About north',
      'Column 19 of 19999',
    ]);
  });

  it('is only a few batches ahead of its client', async () => {
    const list = listOf(columns, 1_000, batchOf);
    const reader = (await create(list)).getReader();
    await reader.read();
    await turn();
    expect(list.taken).toBeLessThanOrEqual(fewBatches);
    for (let received = 0; received < 1_000_000;)
      received += (await reader.read()).value?.byteLength ?? 1_000_000;
    await turn();
    const { taken } = list;
    await turn();
    expect(list.taken).toBe(taken);
    expect(list.taken).toBeLessThan(50);
    await reader.cancel();
    expect(list.isEnded).toBe(true);
  });

  it('waits until its client has received what was sent', async () => {
    const list = listOf(columns, 1_000, batchOf);
    const gate = Promise.withResolvers<void>();
    let chunks = 0;
    const stream = await create(list, 'north', () => (chunks < 3 ? atOnce() : gate.promise));
    const reading = (async () => {
      for await (const _ of stream) if ((chunks += 1) > 100) break;
    })();
    await turn();
    expect([chunks, list.taken <= fewBatches]).toEqual([3, true]);
    gate.resolve();
    await reading;
    expect([chunks, list.isEnded]).toEqual([101, true]);
  });

  it('takes turns with others of its workspace, and waits for no other workspace', async () => {
    const release = Promise.withResolvers<void>();
    const done: string[] = [];
    const start = (name: string, tenant: string, wait: Promise<void> | undefined) =>
      build(
        listOf([column('One')], 2, async () => {
          await wait;
          return [[name]];
        }),
        tenant,
      ).then(() => done.push(name));
    const slow = ['first', 'second', 'third'].map((name) => start(name, 'north', release.promise));
    await start('other', 'south', undefined);
    expect(done).toEqual(['other']);
    release.resolve();
    await Promise.all(slow);
    expect(done.toSorted()).toEqual(['first', 'other', 'second', 'third']);
  });

  it('is held up by nobody who receives another one slowly', async () => {
    const slow = (await create(listOf(columns, 100, batchOf))).getReader();
    await slow.read();
    expect((await build(listOf(columns, 1, batchOf))).byteLength).toBeGreaterThan(1_000);
    await slow.cancel();
  });

  it('is given up when its client leaves', async () => {
    const left = new Error('The client has left');
    const client = new AbortController();
    const reads = () => {
      throwIfCancelled();
      return batchOf(0);
    };
    const list = listOf(columns, 1_000, reads);
    const stream = await withCancellation(client.signal, () => create(list));
    const reader = stream.getReader();
    await reader.read();
    client.abort(left);
    const drain = async () => {
      while (!(await reader.read()).done);
    };
    await expect(drain()).rejects.toBe(left);
    expect(list.isEnded).toBe(true);
    await expect(
      withCancellation(client.signal, () => create(listOf(columns, 1, reads))),
    ).rejects.toBe(left);
    expect((await build(listOf(columns, 1, batchOf))).byteLength).toBeGreaterThan(1_000);
  });

  it('breaks off where its rows do', async () => {
    const broken = new Error('The database has gone');
    const failing = (at: number) =>
      listOf(columns, 10, (batch) => (batch < at ? batchOf(batch) : Promise.reject(broken)));
    await expect(create(failing(0))).rejects.toBe(broken);
    await expect(create(failing(5)).then(readAll)).rejects.toBe(broken);
  });
});

describe('a list that is longer than a worksheet', () => {
  const last = 1_048_576;
  const lines = (rows: number) =>
    listOf([column('No.', 'number')], Math.ceil(rows / 50_000), (batch) =>
      Array.from({ length: Math.min(50_000, rows - batch * 50_000) }, (_, row) => [
        batch * 50_000 + row + 1,
      ]),
    );

  it('fills it to the last row but one', async () => {
    const sheet = unzip(await build(lines(last - 3))).find((part) => part.includes('<sheetData'));
    expect(sheet?.match(/<row /g)).toHaveLength(last - 1);
    expect(sheet).toContain(`<c r="A${last - 1}"><v>${last - 3}</v></c>`);
  });

  it.each([last - 2, last + 100_000])(
    'says in the last row that rows are missing: %d',
    async (rows) => {
      const list = lines(rows);
      const sheet = unzip(await build(list)).find((part) => part.includes('<sheetData'));
      expect(sheet?.match(/<row /g)).toHaveLength(last);
      expect(sheet).toMatch(
        new RegExp(`<row r="${last}"><c r="A${last}" t="inlineStr"><is><t>There are more rows`),
      );
      expect([list.taken, list.isEnded]).toEqual([21, true]);
    },
  );

  it('is refused before anything is sent, where its rows can be counted', async () => {
    const counted = (rows: number) => ({
      ...listOf(columns, 1, batchOf),
      count: (_: unknown, max: number) => Promise.resolve(Math.min(rows, max)),
    });
    await expect(create(counted(last - 2))).rejects.toMatchObject({
      code: 'too_large',
      message: expect.stringContaining('more than 1,048,573 rows') as string,
    });
    expect((await build(counted(last - 3))).byteLength).toBeGreaterThan(1_000);
  });
});
