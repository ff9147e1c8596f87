import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cpus, totalmem, tmpdir } from 'node:os';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { startVitest, type TestCase } from 'vitest/node';
import type {} from './deep/meta.ts';

/**
 * Runs the reliability tests at length: repeats what `npm test` shows a few times, and adds tests
 * that take too long for it. SEED=… repeats the random choices of an earlier run. Arguments choose
 * files; without any, all run, two at a time. Prints a line for each row, writes the same rows to a
 * Markdown table, and ends with `N passed, N failed`.
 */
const seed = (process.env['SEED'] ??= randomBytes(4).toString('hex'));
process.env['DEEP'] = '1';
process.stdout.write(`SEED=${seed}\n`);

const files = [
  'tests/reliability',
  'tests/deep',
  'tests/identity/tenancy',
  'tests/isolation',
  'tests/platform/http/guard.test.ts',
  'tests/connections/keys',
  'tests/connections/oauth-processes.test.ts',
  'tests/hostile',
];
const chosen = process.argv.slice(2);
const vitest = await startVitest(chosen.length > 0 ? chosen : files, {
  watch: false,
  run: true,
  exclude: ['**/node_modules/**'],
  maxWorkers: 2,
});
const counts = { passed: 0, failed: vitest.state.getUnhandledErrors().length, skipped: 0 };
const rows: Row[] = [];
for (const file of vitest.state.getTestModules()) {
  const tests = [...file.children.allTests()];
  if (file.state() === 'failed' && tests.every((test) => test.result().state !== 'failed'))
    counts.failed += 1;
  for (const test of tests) count(test);
  rows.push(...toRows(file.relativeModuleId, tests));
}
await vitest.close();

const table = [
  ...formatHeading(),
  '| what happens | what it came to | |',
  '| --- | --- | --- |',
  ...rows.map(({ name, figures, passed }) => `| ${name} | ${figures} | ${passed} |`),
  '',
].join('\n');
const target = path.join(tmpdir(), `tributary-deep-${seed}.md`);
writeFileSync(target, table);
for (const { name, figures, passed } of rows)
  process.stdout.write(`${passed}: ${name}: ${figures}\n`);
process.stdout.write(
  `\nThe table is in ${target}. SEED=${seed} npm run test:deep repeats this run.\n` +
    `${counts.passed} passed, ${counts.failed} failed` +
    `${counts.skipped > 0 ? `, ${counts.skipped} skipped` : ''}\n`,
);
process.exit(counts.failed === 0 && counts.passed > 0 ? 0 : 1);

interface Row {
  name: string;
  figures: string;
  passed: string;
}

function count(test: TestCase): void {
  const { state } = test.result();
  if (state === 'passed' || state === 'failed' || state === 'skipped') counts[state] += 1;
}

/**
 * The rows that the tests of a file report; the tests that report none share one row with their
 * number.
 */
function toRows(file: string, tests: TestCase[]): Row[] {
  const reported = tests.flatMap((test) => {
    const { shown } = test.meta();
    return shown === undefined
      ? []
      : [
          {
            name: shown.row,
            figures: Object.entries(shown.figures)
              .map(([what, figure]) => `${what}: ${figure}`)
              .join('; '),
            passed: test.result().state,
          },
        ];
  });
  const silent = tests.filter((test) => test.meta().shown === undefined);
  const states = (state: string) => silent.filter((test) => test.result().state === state).length;
  const rest =
    silent.length === 0
      ? []
      : [
          {
            name: file,
            figures:
              `${states('passed')} tests passed, ${states('failed')} ` +
              `failed, ${states('skipped')} skipped`,
            passed: states('failed') === 0 ? 'passed' : 'failed',
          },
        ];
  return [...reported, ...rest];
}

function formatHeading(): string[] {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  const machine = `${cpus().length} cores, ${memory}, Node ${process.versions.node}`;
  return [
    `Run on ${new Date().toISOString().slice(0, 10)}: ${machine}, commit ${commit}, SEED=${seed}.`,
    '',
  ];
}
