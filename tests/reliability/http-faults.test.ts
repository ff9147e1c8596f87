import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'vitest';
import { providers } from '#lib/connectors/registry.ts';
import { useDatabase } from '../helpers/database.ts';
import { times } from '../helpers/deep.ts';
import { meetEachFault, meetRandomFaults } from '../scenarios/http-faults.ts';
import type { SetStage } from '../scenarios/sources/source.ts';

const db = useDatabase();
const fileOf = (key: string) => path.resolve(`tests/scenarios/sources/${key}.ts`);
const stageOf = async (key: string) =>
  ((await import(fileOf(key))) as { default: SetStage }).default;

// A provider whose sandbox has no file in tests/scenarios/sources/ yet is counted as skipped.
describe.each(providers.map(({ key, label }) => ({ key, label })))('$label', ({ key, label }) => {
  it.skipIf(!existsSync(fileOf(key)))(
    'comes to the truth after each HTTP fault',
    { timeout: times(300_000, 1_800_000) },
    async ({ task }) => {
      const places = times(1, 5);
      task.meta.shown = {
        row: `HTTP faults of ${label}, each ${places === 1 ? 'once' : `at ${places} places`}`,
        figures: await meetEachFault(db, await stageOf(key), key, { places }),
      };
    },
  );

  it.skipIf(!existsSync(fileOf(key)))(
    'comes to the truth after random HTTP faults',
    { timeout: times(180_000, 1_800_000) },
    async ({ task }) => {
      task.meta.shown = {
        row: `HTTP faults of ${label}, on one request in five`,
        figures: await meetRandomFaults(db, await stageOf(key), key, {
          seeds: times(1, 20),
          syncs: times(2, 5),
        }),
      };
    },
  );
});
