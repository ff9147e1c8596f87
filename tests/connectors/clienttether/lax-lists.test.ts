import { expect, describe, it } from 'vitest';
import { useDatabase } from '../../helpers/database.ts';
import type { LaxCase } from './lax-server.ts';
import { syncCase } from './lax-stage.ts';

const db = useDatabase();

const clients = (count: number) => Array.from({ length: count }, () => ({}));
const countLive = async (tenantId: string) =>
  (
    await db.query<{ live: number }>(
      'select count(*)::int as live from leads where tenant_id = $1 and deleted_at is null',
      [tenantId],
    )
  )[0]?.live;
const numbered = (rows: unknown[]) =>
  Object.fromEntries(rows.map((row, n) => [String(n * 2), row]));
/** A list with nothing at one of its places. */
const withHole: LaxCase['slice'] = (rows, offset, limit) =>
  rows.toSpliced(7, 0, null as never).slice(offset, offset + limit);
/** Answers with the last page whenever one beyond the end is asked for. */
const lastAgain: LaxCase['slice'] = (rows, offset, limit) =>
  rows.slice(Math.min(offset, rows.length - limit), offset + limit);

/* How services written in PHP are publicly known to send lists. */
describe('every row of a list arrives, and the run is green', () => {
  it.each<[string, number, Omit<LaxCase, 'clients'>, object?]>([
    ['an object with numeric keys', 30, { shape: numbered }],
    ['over several pages', 250, { shape: numbered }],
    [
      'an object with numeric keys and a total',
      30,
      { shape: (rows) => (rows.length > 0 ? { ...rows, total: rows.length } : rows) },
    ],
    ['{} as an empty list', 0, { shape: numbered }],
    ['null as an empty list', 0, { shape: () => null }],
    ['false as an empty list', 0, { shape: () => false }],
    ['"" as an empty list', 0, { shape: () => '' }],
    [
      'no list when there is nothing',
      0,
      { shape: (rows) => (rows.length === 0 ? undefined : rows) },
    ],
    ['a row instead of a list of one', 1, { shape: ([row]) => row ?? [] }],
    ['lists inside lists', 30, { shape: (rows) => [rows] }],
    ['numbered lists inside lists', 30, { shape: (rows) => [numbered(rows)] }],
    ['a list below data', 30, { shape: (data) => ({ current_page: 1, data }) }],
    ['a list encoded twice', 30, { shape: (rows) => JSON.stringify(rows) }],
    ['places without a row', 250, { slice: withHole, total: () => undefined }],
    ['a total as text', 250, { total: String }],
    ['a total with grouping', 1100, { total: () => '1,100' }],
    ['no total', 250, { total: () => undefined }],
    ['the last page again beyond the end', 200, { slice: lastAgain }],
    ['the last page again, pages small', 10, { slice: lastAgain }, { pageSize: 5 }],
    ['byte order marks', 30, { prefix: '\uFEFF\uFEFF' }],
  ])('%s', async (_what, count, given, settings = {}) => {
    const { tenantId, report } = await syncCase(
      { clients: clients(count), ...given },
      { settings },
    );
    expect(report).toMatchObject({ status: 'success', errorMessage: null });
    expect(await countLive(tenantId)).toBe(count);
  });

  it('goes on behind an empty page, and deletes nothing that stood on it', async () => {
    let gaps = 0;
    const { tenantId, report, again } = await syncCase(
      {
        clients: clients(30),
        slice: (rows, offset, limit) =>
          offset >= 10 && offset < 20 && gaps > 0 ? [] : rows.slice(offset, offset + limit),
        shape: (rows) => rows,
      },
      { settings: { pageSize: 10 } },
    );
    expect(report.status).toBe('success');
    gaps = 1;
    const later = await again();
    expect(later.status).toBe('partial');
    expect(later.errorMessage ?? JSON.stringify(later.streams)).toMatch(/counts \d+ more records/);
    expect(await countLive(tenantId)).toBe(30);
  });

  it('ends where a list ends that counts more rows than it has, and deletes nothing', async () => {
    const { tenantId, report } = await syncCase({ clients: clients(30), total: (n) => n + 1 });
    expect(report.status).toBe('partial');
    expect(JSON.stringify(report.streams)).toContain('counts 1 more record');
    expect(await countLive(tenantId)).toBe(30);
  });
});

describe('a new format is an error, not an empty list', () => {
  it.each<[string, Omit<LaxCase, 'clients'>]>([
    ['an object that is neither a row nor a list', { shape: (rows) => ({ clients: rows }) }],
    ['names by number', { shape: () => ({ 1: 'Ana', 2: 'Bo' }) }],
    ['text', { shape: () => 'please use version 3' }],
    ['a number', { shape: () => 30 }],
    ['nothing although the total counts rows', { shape: () => undefined }],
    ['empty pages although the total counts rows', { shape: () => [] }],
    ['every offset the same page', { slice: (rows, _offset, limit) => rows.slice(0, limit) }],
  ])('%s', async (_what, given) => {
    const { tenantId, report } = await syncCase({ clients: clients(250), ...given });
    expect(report.status).not.toBe('success');
    expect(report.streams.find(({ stream }) => stream === 'clients')).toMatchObject({
      status: 'failed',
    });
    expect(await countLive(tenantId)).toBeLessThanOrEqual(100);
  });
});
