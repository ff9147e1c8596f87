import { afterAll, describe, it } from 'vitest';
import { closeQueue } from '../../src/lib/queue.ts';
import { useDatabase } from '../helpers/database.ts';
import { workSideBySide } from '../scenarios/side-by-side.ts';

describe.each([2, 4])('%i workers side by side', (workers) => {
  const db = useDatabase();
  afterAll(() => closeQueue());

  it('share five tenants, and outlive one of them', { timeout: 600_000 }, async ({ task }) => {
    task.meta.shown = { row: `${workers} workers side by side, then one of them dies for good`, figures: await workSideBySide(db, { workers, records: 10_000 }) };
  });
});
