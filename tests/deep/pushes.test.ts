import { afterAll, it } from 'vitest';
import { closeQueue } from '#lib/jobs/queue.ts';
import { useDatabase } from '../helpers/database.ts';
import { pushUnderFire } from '../scenarios/pushes.ts';

const db = useDatabase();
afterAll(() => closeQueue());

it(
  '5,000 leads are made exactly once by two workers, after others died at the fail-points',
  { timeout: 3_600_000 },
  async ({ task }) => {
    task.meta.shown = {
      row: 'pushes with lost responses, faults and workers killed at the fail-points',
      figures: await pushUnderFire(db, { leads: 5_000, kills: 30, workers: 2 }),
    };
  },
);
