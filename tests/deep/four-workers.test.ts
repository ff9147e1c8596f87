import { afterAll, it } from 'vitest';
import { closeQueue } from '#lib/jobs/queue.ts';
import { useDatabase } from '../helpers/database.ts';
import { workSideBySide } from '../scenarios/side-by-side.ts';

const db = useDatabase();
afterAll(() => closeQueue());

it(
  'four workers share five tenants, and outlive one of them',
  { timeout: 600_000 },
  async ({ task }) => {
    task.meta.shown = {
      row: 'four workers side by side, then one of them dies for good',
      figures: await workSideBySide(db, { workers: 4, records: 10_000 }),
    };
  },
);
