import { afterAll, it } from 'vitest';
import { closeQueue } from '#lib/jobs/queue.ts';
import { useDatabase } from '../helpers/database.ts';
import { times } from '../helpers/deep.ts';
import { letSmallPass } from '../scenarios/fairness.ts';

const db = useDatabase();
afterAll(() => closeQueue());

it(
  'a small tenant is done while a giant one is still being synced, on one worker',
  { timeout: times(240_000, 900_000) },
  async ({ task }) => {
    task.meta.shown = {
      row: 'small tenant beside a giant one, on one worker',
      figures: await letSmallPass(db, { giant: times(5_000, 60_000) }),
    };
  },
);
