import { it } from 'vitest';
import { useDatabase } from '../helpers/database.ts';
import { times } from '../helpers/deep.ts';
import { feedPoison } from '../scenarios/poison.ts';

const db = useDatabase();

it(
  'of a thousand records only the poisoned one is rejected, with its reason',
  { timeout: times(120_000, 900_000) },
  async ({ task }) => {
    task.meta.shown = {
      row: 'poison among 1,000 records',
      figures: await feedPoison(db, { poisons: times(5, 50) }),
    };
  },
);
