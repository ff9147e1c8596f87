import { globSync, readFileSync } from 'node:fs';
import { afterAll, expect, it } from 'vitest';
import { closeQueue } from '#lib/jobs/queue.ts';
import { useDatabase } from '../helpers/database.ts';
import { times } from '../helpers/deep.ts';
import { endAtFailpoints, failpoints } from '../scenarios/failpoints.ts';

const db = useDatabase();
afterAll(() => closeQueue());

it(
  'a worker that ends at any named place loses nothing and repeats nothing',
  { timeout: times(300_000, 2_400_000) },
  async ({ task }) => {
    task.meta.shown = {
      row: 'worker ended at each named fail-point',
      figures: await endAtFailpoints(db, { rounds: times(1, 10), latest: times(2, 6) }),
    };
  },
);

it('every place that has a name is ended at by some test', () => {
  const called = globSync('src/**/*.ts').flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/\bfailpoint\('([\w.]+)'\)/g)].map(
      ([, name = '']) => name,
    ),
  );
  const tests = globSync('tests/**/*.ts')
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n');
  expect(called).toEqual(expect.arrayContaining([...failpoints]));
  expect(called.filter((name) => !tests.includes(name))).toEqual([]);
});
