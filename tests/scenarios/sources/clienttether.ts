import { setTimeout } from 'node:timers/promises';
import { rowsAccount, startSandbox } from '../../../sandbox/index.ts';
import { client, opportunity } from '../../helpers/rows.ts';
import { expectSameRows } from '../../helpers/truth.ts';
import { createWorkspace } from '../../helpers/workspace.ts';
import { pickChange } from '../life.ts';
import type { SetStage } from './source.ts';

const rows = {
  clients: Array.from({ length: 120 }, (_, index) => client(1 + index)),
  opportunities: Array.from({ length: 90 }, (_, index) => opportunity(1 + index)),
  notes: Array.from({ length: 60 }, (_, index) => ({
    id: String(9000 + index),
    contact_id: String(1 + index),
    content: `<p>Spoke to lead ${index}</p>`,
    author: 'Ana Diaz',
    date: '2026-03-04 09:00:00',
  })),
};

const second = () => Math.floor(Date.now() / 1_000);

const clienttether: SetStage = async (db, slug) => {
  const sandbox = await startSandbox({
    accounts: [
      rowsAccount({ name: slug, webKey: `CT_${slug}`, accessToken: `token-${slug}`, rows }),
    ],
  });
  const workspace = await createWorkspace(sandbox, slug, slug, { pageSize: 30 });
  let changes = 0;
  let livedAt = 0;
  return {
    sandbox,
    workspace,
    live: async (random) => {
      // Dates of change have whole seconds: what comes in the second of a change that was read
      // already is only found by the daily sweep.
      if (second() === livedAt) await setTimeout(1_000 - (Date.now() % 1_000) + 10);
      livedAt = second();
      for (let index = 0; index < 8; index += 1)
        sandbox.clienttether.mutate(slug, {
          changes: [pickChange(sandbox, slug, random, (changes += 1))],
        });
      return 10;
    },
    expectTruth: () => expectSameRows(db, sandbox, slug, workspace),
    // It lists everything on every pass, and its keys do not end by themselves.
    quirks: {},
  };
};
export default clienttether;
