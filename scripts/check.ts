import { spawn } from 'node:child_process';
import { cpus } from 'node:os';
import pLimit from 'p-limit';

/**
 * Runs every static check, as many at once as there are cores: those that need no database and no
 * server. Prints one line for each check, then the output of those that failed. It is the first
 * part of `npm run check`.
 */
const checks: Record<string, readonly string[]> = {
  'astro types': ['astro', 'check', '--minimumFailingSeverity', 'error'],
  types: ['tsc', '--noEmit', '-p', '.'],
  format: ['prettier', '--check', '--log-level', 'warn', '--cache', '.'],
  unused: ['knip'],
  layers: ['node', 'scripts/layers.ts'],
  lint: ['oxlint', '--quiet'],
};

interface Outcome {
  name: string;
  seconds: number;
  isGood: boolean;
  output: string;
}

/** npm puts the commands of the installed packages on the PATH. */
function run(name: string, [command = '', ...args]: readonly string[]): Promise<Outcome> {
  const startedAt = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => {
      const seconds = (performance.now() - startedAt) / 1000;
      process.stdout.write(`${code === 0 ? 'ok  ' : 'BAD '} ${name} (${seconds.toFixed(0)} s)\n`);
      resolve({ name, seconds, isGood: code === 0, output });
    });
  });
}

const limit = pLimit(cpus().length);
const outcomes = await Promise.all(
  Object.entries(checks).map(([name, command]) => limit(() => run(name, command))),
);
const bad = outcomes.filter(({ isGood }) => !isGood);
for (const { name, output } of bad) process.stderr.write(`\n--- ${name} ---\n${output}`);
process.exitCode = bad.length === 0 ? 0 : 1;
