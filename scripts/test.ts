import { startVitest } from 'vitest/node';

/**
 * Runs the test files named on the command line, else all of them, and ends with a line that any CI
 * can read: `N passed, N failed`. A file that cannot be loaded counts as one failure.
 */
const vitest = await startVitest(process.argv.slice(2), { watch: false, run: true });
const counts = { passed: 0, failed: 0, skipped: 0 };
for (const file of vitest.state.getTestModules()) {
  if (file.state() === 'failed' && [...file.children.allTests('failed')].length === 0)
    counts.failed += 1;
  for (const test of file.children.allTests()) {
    const { state } = test.result();
    if (state === 'passed' || state === 'failed' || state === 'skipped') counts[state] += 1;
  }
}
const unhandled = vitest.state.getUnhandledErrors().length;
counts.failed += unhandled;
await vitest.close();
const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : '';
process.stdout.write(`\n${counts.passed} passed, ${counts.failed} failed${skipped}\n`);
process.exit(counts.failed === 0 && counts.passed > 0 ? 0 : 1);
