import { afterAll, it } from 'vitest';
import { closeQueue } from '#lib/jobs/queue.ts';
import { useDatabase } from '../helpers/database.ts';
import { times } from '../helpers/deep.ts';
import { killWorkers } from '../scenarios/kills.ts';

const db = useDatabase();
afterAll(() => closeQueue());

it(
  'a worker that is killed again and again loses nothing, repeats nothing and never goes back',
  { timeout: times(300_000, 2_400_000) },
  async ({ task }) => {
    task.meta.shown = {
      row: 'worker killed (kill -9) during a sync of 5 tenants while the source changes',
      figures: await killWorkers(db, {
        kills: times(5, 100),
        tenants: 5,
        records: times(2_500, 50_000),
      }),
    };
  },
);
