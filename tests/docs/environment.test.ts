import { globSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { describe, expect, it } from 'vitest';
import { firstColumn, found, read, sortedSet, sourceOf } from './documents.ts';

/** Only scripts and tests read these; they are explained elsewhere. */
const outside: Record<string, string> = {
  TRIBUTARY_DATA_DIR: '.env.example',
  TEST_DATABASE_URL: 'CONTRIBUTING.md',
  PG_BIN: 'docs/operations/backup.md',
  SCREENSHOTS: 'CONTRIBUTING.md',
  DEEP: 'CONTRIBUTING.md',
  SEED: 'CONTRIBUTING.md',
  SANDBOX_PORT: 'sandbox/README.md',
  BENCH_LEADS: 'docs/benchmarks.md',
  BENCH_SCALE: 'docs/benchmarks.md',
  BENCH_ACCOUNTS: 'docs/benchmarks.md',
};
const explained = Object.keys(parseEnv(read('.env.example').replaceAll(/^# (?=[A-Z_]+=)/gm, '')));

describe('the environment', () => {
  it('is explained in .env.example, all of it and nothing else', () => {
    const [, schema = ''] = sourceOf('export type Config').split('const schema = z.object({');
    const known = found(schema.split('export type Config')[0] ?? '', /^ {2}([A-Z_]+):/gm);
    expect(known.length).toBeGreaterThan(10);
    expect(sortedSet(explained)).toEqual(sortedSet([...known, 'TRIBUTARY_DATA_DIR']));
  });

  it('is assigned to its processes in docs/operations/environment.md, each variable once', () => {
    const assigned = firstColumn('docs/operations/environment.md', 'variable').flatMap((cell) =>
      found(cell, /`([A-Z_]{4,})`/g),
    );
    expect(assigned.toSorted()).toEqual(sortedSet(explained));
  });

  it('is read nowhere under a name that no document holds', () => {
    const files = globSync([
      '{src,worker,cli,scripts,sandbox,tests,bench}/**/*.{ts,astro}',
      '*.{ts,mjs}',
    ]);
    const names = sortedSet(
      files.flatMap((file) => found(read(file), /process\.env(?:\.|\[')([A-Z_]{3,})/g)),
    );
    const untold = names.filter(
      (name) => !explained.includes(name) && !read(outside[name] ?? '.env.example').includes(name),
    );
    expect(untold).toEqual([]);
  });
});
