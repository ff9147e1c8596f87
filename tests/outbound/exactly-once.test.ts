import { afterAll, it } from 'vitest';
import { closeQueue } from '#lib/jobs/queue.ts';
import { useDatabase } from '../helpers/database.ts';
import { pushUnderFire } from '../scenarios/pushes.ts';

const db = useDatabase();
afterAll(() => closeQueue());

it(
  'leads are made exactly once, whatever responses are lost and wherever workers are killed',
  { timeout: 300_000 },
  async ({ task }) => {
    task.meta.shown = {
      row: 'pushes with lost responses, faults and workers killed at the fail-points',
      figures: await pushUnderFire(db, { leads: 30, kills: 3, workers: 1 }),
    };
  },
);
