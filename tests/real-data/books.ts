import { describe, expect, it } from 'vitest';
import type { TestDatabase } from '../helpers/database.ts';
import { findAll } from '../helpers/html.ts';
import { readPage } from '../helpers/page.ts';
import { expectBalancedBooks, expectExactRollups, expectTruth } from '../helpers/truth.ts';
import { syncOf, type Academy } from './academy.ts';

const tables = [
  'leads',
  'opportunities',
  'notes',
  'scheduled_activities',
  'stages',
  'lead_metrics',
  'pipeline_stage_counts',
  'stage_entries',
  'hot_list_items',
];

export function bookChecks(db: TestDatabase, academy: () => Academy): void {
  describe('the sync', () => {
    /**
     * Each row with the transaction that wrote it and its place: any write, also of the same
     * values, changes them.
     */
    const versions = async () => {
      const found: Record<string, unknown> = {};
      for (const table of tables)
        found[table] = (
          await db.query(
            `select count(*)::int, md5(string_agg(xmin::text || ctid::text, ',' order by ctid))
             from ${table}`,
          )
        )[0];
      return found;
    };

    it('fetched every line, and its counters add up', async () => {
      const { first, workspace, sandbox } = academy();
      expect(first).toMatchObject({ status: 'success', errorMessage: null });
      const fetched = Object.fromEntries(first.streams.map((stream) => [stream.stream, stream]));
      expect(fetched).toMatchObject({
        clients: { inserted: 6000, rejected: 0 },
        opportunities: { inserted: 8800, rejected: 0 },
      });
      expect(
        (fetched['clients']?.fetched ?? 0) + (fetched['opportunities']?.fetched ?? 0),
      ).toBeGreaterThanOrEqual(14_800);
      await expectBalancedBooks(db);
      await expectExactRollups(db);
      await expectTruth(db, sandbox, 'academy', workspace);
    });

    it('of unchanged data writes no row', async () => {
      const before = await versions();
      const again = await syncOf(academy().workspace);
      expect(again).toMatchObject({ status: 'success', recordsUpdated: 0 });
      for (const { fetched, unchanged } of again.streams) expect(unchanged).toBe(fetched);
      expect(await versions()).toEqual(before);
      await expectBalancedBooks(db);
    });

    it('is told of as fresh and complete', async () => {
      const { body } = await academy().member.json('/api/sync/status?tenant=academy');
      expect(body).toMatchObject({
        status: 'success',
        isStale: false,
        running: null,
        sources: [{ provider: 'clienttether', status: 'success', rejected: 0, error: null }],
      });
      const { root } = await readPage(academy().member, '/w/academy/dashboard');
      expect(
        findAll(root, '[data-sync]').map(({ attributes }) => attributes['data-state']),
      ).toEqual(['success']);
    });
  });
}
