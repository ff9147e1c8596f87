import { afterAll, it } from 'vitest';
import { closeQueue } from '#lib/jobs/queue.ts';
import { useDatabase } from '../helpers/database.ts';
import { crms } from '../scenarios/crms/all.ts';
import { pushUnderFire } from '../scenarios/pushes.ts';

const db = useDatabase();
afterAll(() => closeQueue());

it.for(crms)(
  '5,000 leads are made exactly once in $provider by two workers, after others died at the fail-points',
  { timeout: 3_600_000 },
  async (crm, { task }) => {
    task.meta.shown = {
      row: `pushes to ${crm.provider} with lost responses, faults and workers killed at the fail-points`,
      figures: await pushUnderFire(db, crm, { leads: 5_000, kills: 30, workers: 2 }),
    };
  },
);
