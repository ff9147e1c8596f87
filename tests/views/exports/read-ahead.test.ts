import { beforeAll, describe, expect, it } from 'vitest';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { createCsvStream } from '#lib/views/exports/csv.ts';
import { defineList } from '#lib/views/exports/list.ts';
import { createXlsxStream } from '#lib/views/exports/xlsx/create.ts';
import { useDatabase } from '../../helpers/database.ts';
import { atOnce, column, readAll, request, turn } from './lists.ts';

useDatabase();
let tenantId: string;
beforeAll(async () => {
  tenantId = (await createTenant({ slug: 'north', name: 'North' })).id;
});

/** A list of a hundred pages, which tells how many were read and are being read. */
function pagedList(failAt = Number.NaN) {
  const seen = { read: 0, underWay: 0, most: 0 };
  const list = defineList({
    title: 'Rows',
    columns: () => [{ ...column('Text'), value: (row: string) => row }],
    filter: () => null,
    async page(_tx, _request, _filter, cursor, size) {
      const page = Number(cursor ?? 0);
      seen.most = Math.max(seen.most, (seen.underWay += 1));
      await turn(1);
      seen.underWay -= 1;
      if (page === failAt) throw new Error('The page cannot be read');
      seen.read += 1;
      const rows = Array.from({ length: size }, (_, row) => `${page} ${row} ${Math.random()}`);
      return { rows, next: page === 99 ? null : `${page + 1}` };
    },
  });
  return { list, seen };
}

describe('an export', () => {
  it('reads one page ahead of what is written, and no more', async () => {
    const { list, seen } = pagedList();
    const batches = list.batches(request(tenantId));
    for (const taken of [1, 2, 3]) {
      await batches.next();
      await turn();
      expect(seen).toMatchObject({ read: taken + 1, most: 1 });
    }
    await batches.return(undefined);
    expect(seen).toMatchObject({ read: 4, underWay: 0 });
  });

  it('holds a few pages for a client that stops reading, whatever the format', async () => {
    for (const create of [createCsvStream, createWorkbook]) {
      const { list, seen } = pagedList();
      const reader = (await create(list, request(tenantId), atOnce)).getReader();
      for (let chunks = 0; chunks < 3; chunks += 1) await reader.read();
      await turn(200);
      // What is buffered is counted in bytes, and these rows are short.
      expect(seen.read).toBeLessThanOrEqual(20);
      await reader.cancel();
      expect(seen.underWay).toBe(0);
    }
  });

  it('has all pages once, in their order', async () => {
    const { list } = pagedList();
    const csv = (await readAll(await createCsvStream(list, request(tenantId), atOnce))).toString();
    const pages = csv.split('\r\n').slice(1, -1);
    expect(pages.length % 100).toBe(0);
    expect([...new Set(pages.map((line) => line.split(' ')[0]))]).toEqual(
      Array.from({ length: 100 }, (_, page) => String(page)),
    );
  });

  it('breaks off at the page that fails, behind all pages before it', async () => {
    const batches = pagedList(2).list.batches(request(tenantId));
    await batches.next();
    await turn();
    await batches.next();
    await turn();
    await expect(batches.next()).rejects.toThrow('The page cannot be read');
    const left = pagedList(1).list.batches(request(tenantId));
    await left.next();
    await turn();
    await left.return(undefined);
  });
});

const createWorkbook: typeof createCsvStream = (list, asked, drained) =>
  createXlsxStream(list, asked, 'About', drained);
