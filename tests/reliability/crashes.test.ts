import { it } from 'vitest';
import { times } from '../helpers/deep.ts';
import { crashDatabase } from '../scenarios/crashes.ts';

it(
  'when the database crashes, syncs and pages go on once it is back, with every row once',
  { timeout: times(300_000, 2_400_000) },
  async ({ task }) => {
    task.meta.shown = {
      row: 'PostgreSQL crashed (kill -9 of all its processes) during sync and page load',
      figures: await crashDatabase({ crashes: times(2, 20) }),
    };
  },
);
