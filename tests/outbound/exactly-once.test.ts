import { afterAll, expect, it } from 'vitest';
import { providers } from '#lib/connectors/registry.ts';
import { closeQueue } from '#lib/jobs/queue.ts';
import { useDatabase } from '../helpers/database.ts';
import { crms } from '../scenarios/crms/all.ts';
import { pushUnderFire } from '../scenarios/pushes.ts';

const db = useDatabase();
afterAll(() => closeQueue());

it('covers every system that takes leads', () => {
  const takers = providers.filter(({ push }) => push !== undefined).map(({ key }) => key);
  expect(crms.map(({ provider }) => provider).toSorted()).toEqual(takers.toSorted());
});

it.for(crms)(
  'leads are made exactly once in $provider, whatever responses are lost and wherever workers are killed',
  { timeout: 300_000 },
  async (crm, { task }) => {
    task.meta.shown = {
      row: `pushes to ${crm.provider} with lost responses, faults and workers killed at the fail-points`,
      figures: await pushUnderFire(db, crm, { leads: 30, kills: 3, workers: 1 }),
    };
  },
);
