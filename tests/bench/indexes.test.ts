import { expect, it } from 'vitest';
import { indexReaders } from '../../bench/indexes/readers.ts';
import { indexTable, type Size } from '../../bench/indexes/table.ts';
import { useDatabase } from '../helpers/database.ts';

const database = useDatabase();

it.each(Object.entries(indexReaders))('every index of %s has a reader', async (table, readers) => {
  const indexes = await database.query<{ name: string }>(
    `select indexname as name from pg_indexes where schemaname = 'public' and tablename = $1`,
    [table],
  );
  expect(Object.keys(readers).toSorted()).toEqual(indexes.map(({ name }) => name).toSorted());
  expect(Object.values(readers)).not.toContain('');
});

it('stands in the report with its size per row, or as not run where the table has few rows', () => {
  const sizes: Size[] = [
    { table: 'leads', rows: 1_000, bytes: 500_000, indexes: { leads_by_name: 40_000 } },
    { table: 'referrals', rows: 3, bytes: 8_192, indexes: { referrals_source: 8_192 } },
  ];
  const rows = indexTable(sizes).rows;
  expect(rows).toContainEqual(['leads', 'the rows', '500 B', '-']);
  expect(rows).toContainEqual(['leads', 'by_name', '40 B', 'lead table by name']);
  expect(rows.find(([table, index]) => table === 'referrals' && index === 'source')?.[2]).toBe(
    'not run',
  );
});
