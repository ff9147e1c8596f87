import { execFile } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { getTableName, is } from 'drizzle-orm';
import { PgTable } from 'drizzle-orm/pg-core';
import { afterAll, describe, expect, it } from 'vitest';
import { recordSchemas } from '#lib/records/registry.ts';
import { jobNames } from '#lib/jobs/jobs.ts';
import { providers } from '#lib/connectors/registry.ts';
import * as schema from '#lib/schema/index.ts';

const run = promisify(execFile);
const folders = (of: string) =>
  readdirSync(of, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);

describe('folders and registries agree', () => {
  it('every provider folder is registered, and brings its picture and fixtures', () => {
    expect(folders('src/lib/providers').toSorted()).toEqual(
      providers.map(({ key }) => key).toSorted(),
    );
    for (const { key } of providers)
      for (const part of ['index.ts', 'logo.svg', 'fixtures'])
        expect(existsSync(`src/lib/providers/${key}/${part}`), `${key}/${part}`).toBe(true);
  });

  it('every entity folder has its record, table and definition', () => {
    const names = Object.keys(recordSchemas).map((name) =>
      name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
    );
    expect(folders('src/lib/entities').toSorted()).toEqual(names.toSorted());
    for (const name of names)
      for (const part of ['record.ts', 'schema.ts', 'entity.ts'])
        expect(existsSync(`src/lib/entities/${name}/${part}`), `${name}/${part}`).toBe(true);
  });

  it('every rollup folder has a pure part and a refresh', () => {
    for (const name of folders('src/lib/rollups'))
      for (const part of ['compute.ts', 'schema.ts', 'refresh.ts', 'queries.ts'])
        expect(existsSync(`src/lib/rollups/${name}/${part}`), `${name}/${part}`).toBe(true);
  });

  it('every job has a handler of its own', () => {
    expect(readdirSync('worker/jobs').toSorted()).toEqual(
      jobNames.map((name) => `${name}.ts`).toSorted(),
    );
  });

  it('every table that a schema file defines is known to the migrations', async () => {
    const known = Object.values(schema).flatMap((value) =>
      is(value, PgTable) ? [getTableName(value)] : [],
    );
    for (const file of globSync('src/lib/**/schema.ts').filter(
      (name) => name !== path.join('src', 'lib', 'schema.ts'),
    )) {
      const module = (await import(path.resolve(file))) as Record<string, unknown>;
      for (const value of Object.values(module))
        if (is(value, PgTable)) expect(known, file).toContain(getTableName(value));
    }
  });
});

describe('the layers', () => {
  const root = mkdtempSync(path.join(tmpdir(), 'layers-'));
  copyFileSync('.oxlintrc.json', path.join(root, '.oxlintrc.json'));
  afterAll(() => rmSync(root, { recursive: true }));

  /** What lint says of a file with these lines in a folder, in a tree that has nothing else. */
  async function lint(folder: string, lines: string): Promise<string> {
    const directory = path.join(root, folder, 'probe');
    mkdirSync(directory, { recursive: true });
    writeFileSync(path.join(directory, 'probe.ts'), lines);
    return run(process.execPath, [path.resolve('node_modules/oxlint/bin/oxlint'), folder], {
      cwd: root,
    }).then(
      ({ stdout }) => stdout,
      (error: { stdout: string }) => error.stdout,
    );
  }

  it.each([
    ['src/lib/platform', `import { syncStream } from '../../sync/run.ts';`],
    ['src/lib/providers', `import { globalDb } from '../../platform/db/database.ts';`],
    ['src/lib/providers', `import { config } from '../../platform/config.ts';`],
    ['src/lib/entities', `import { refreshRollups } from '../../rollups/registry.ts';`],
    ['src/lib/rollups', `import { syncStream } from '../../sync/run.ts';`],
    ['src/lib/connections', `import { leads } from '../../entities/lead/schema.ts';`],
    ['src/lib/views', `import { defineMiddleware } from 'astro:middleware';`],
    ['src/pages', `import { sql } from 'drizzle-orm';`],
    ['src/components', `import { syncStream } from '#lib/ingest/sync-stream.ts';`],
    ['worker', `import { guard } from '../../src/middleware/guard.ts';`],
    ['sandbox', `import { globalDb } from '../../src/lib/platform/db/database.ts';`],
  ])('lint refuses in %s: %s', async (folder, line) => {
    expect(await lint(folder, `${line}\nexport const probe = 1;\n`)).toContain('is restricted');
  });

  it('the tree itself is clean', async () => {
    const { stdout } = await run(process.execPath, ['node_modules/oxlint/bin/oxlint', '--quiet'], {
      maxBuffer: 10_000_000,
    }).catch((error: { stdout: string }) => error);
    expect(stdout).toContain(' 0 errors');
  });
});

describe('words', () => {
  it('nothing in the tree names a registry host', () => {
    const files = globSync([
      'package.json',
      'package-lock.json',
      '*.md',
      'docs/**/*.md',
      'src/**/*',
      'scripts/*.ts',
      '.ci/run',
    ]).filter((file) => /\.(json|md|ts|astro|css|svg)$|run$/.test(file));
    for (const file of files)
      expect(readFileSync(file, 'utf8'), file).not.toMatch(
        /registry\.npmjs|npmmirror|"resolved": "http/,
      );
  });
});
