import { afterAll, it } from 'vitest';
import { closeQueue } from '#lib/jobs/queue.ts';
import { useDatabase } from '../helpers/database.ts';
import { times } from '../helpers/deep.ts';
import { pauseWorkers } from '../scenarios/pauses.ts';

const db = useDatabase();
afterAll(() => closeQueue());

it(
  'a worker that stood still past its lease and goes on writes nothing more',
  { timeout: times(300_000, 2_400_000) },
  async ({ task }) => {
    task.meta.shown = {
      row: 'worker paused (SIGSTOP) past its lease, then resumed',
      figures: await pauseWorkers(db, { pauses: times(2, 20), latencyMs: times(250, 40) }),
    };
  },
);
