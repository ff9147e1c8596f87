import {
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
import { getTableName, is } from 'drizzle-orm';
import { PgTable } from 'drizzle-orm/pg-core';
import { afterAll, describe, expect, it } from 'vitest';
import { checkLayers } from '../scripts/layers/check.ts';
import { rooms } from '../scripts/layers/rooms.ts';
import { mayImport } from '../scripts/layers/rules.ts';
import { recordSchemas, type EntityName } from '#lib/records/registry.ts';
import { getEntityDefinition } from '#lib/entities/registry.ts';
import { jobNames } from '#lib/jobs/jobs.ts';
import { providers } from '#lib/connectors/registry.ts';
import * as schema from '#lib/schema/index.ts';

const config = `import { config } from '../platform/config.ts';`;
const page = `import { page } from '../pages/index.ts';`;
const folders = (of: string) =>
  readdirSync(of, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);

describe('folders and registries agree', () => {
  it('every provider folder is registered, and brings its picture and fixtures', () => {
    expect(
      folders('src/lib/connectors').filter((name) => !['contract', 'kit'].includes(name)),
    ).toEqual(providers.map(({ key }) => key).toSorted());
    for (const { key } of providers)
      for (const part of ['index.ts', 'logo.svg', 'fixtures'])
        expect(existsSync(`src/lib/connectors/${key}/${part}`), `${key}/${part}`).toBe(true);
  });

  it('every entity has its record, table and definition', () => {
    const names = Object.keys(recordSchemas).map((name) =>
      name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
    );
    expect(folders('src/lib/entities').toSorted()).toEqual(names.toSorted());
    for (const name of names) {
      expect(existsSync(`src/lib/records/${name}.ts`), name).toBe(true);
      expect(existsSync(`src/lib/entities/${name}/entity.ts`), name).toBe(true);
    }
    for (const name of Object.keys(recordSchemas) as EntityName[]) {
      const table = getTableName(getEntityDefinition(name).table).replaceAll('_', '-');
      expect(existsSync(`src/lib/schema/${table}.ts`), table).toBe(true);
    }
  });

  it('every summary has its table, a pure part and a refresh', () => {
    for (const name of folders('src/lib/summaries')) {
      for (const part of ['compute.ts', 'refresh.ts', 'queries.ts'])
        expect(existsSync(`src/lib/summaries/${name}/${part}`), `${name}/${part}`).toBe(true);
      expect(existsSync(`src/lib/schema/${name}.ts`), name).toBe(true);
    }
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
    const files = globSync(['src/lib/schema/*.ts', 'src/lib/**/schema.ts']);
    expect(files.length).toBeGreaterThan(20);
    for (const file of files) {
      const module = (await import(path.resolve(file))) as Record<string, unknown>;
      for (const value of Object.values(module))
        if (is(value, PgTable)) expect(known, file).toContain(getTableName(value));
    }
  });
});

describe('the order of the rooms', () => {
  const root = mkdtempSync(path.join(tmpdir(), 'rooms-'));
  afterAll(() => rmSync(root, { recursive: true }));

  const write = (file: string, text: string) => {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), text);
  };
  const typeImport = (from: string, to: string) =>
    `import type { Probe } from '${path.relative(path.dirname(from), to)}';\nexport type Own = Probe;\n`;

  /**
   * Every ordered pair of rooms, as the import of a type by a file of the first from the second.
   */
  const pairs = rooms.flatMap((from) =>
    rooms
      .filter((to) => to !== from)
      .map((to) => {
        const file = `${from.path}/probe/to-${to.name}.ts`;
        const target = `${to.path}/probe/index.ts`;
        const isAllowed = mayImport(from).includes(to);
        return { file, target, isAllowed, line: `${from.name}: ${file} imports ${target}` };
      }),
  );

  it('is kept by each pair of rooms: what stands below is refused, and nothing else is', async () => {
    write('package.json', '{ "type": "module" }');
    for (const { path: folder } of rooms)
      write(`${folder}/probe/index.ts`, 'export interface Probe {\n  own: true;\n}\n');
    for (const { file, target } of pairs) write(file, typeImport(file, target));
    const { violations } = await checkLayers(root);
    const refused = pairs.filter(({ isAllowed }) => !isAllowed).map(({ line }) => line);
    expect(refused.length).toBeGreaterThan(rooms.length * 10);
    expect(violations.filter((line) => !line.startsWith('sandbox-not-')).sort()).toEqual(
      refused.sort(),
    );
  });

  it.each([
    ['a page that asks the database', 'src/pages/a.ts', `import { sql } from 'drizzle-orm';`],
    ['a connector that reads the configuration', 'src/lib/connectors/a.ts', config],
    ['a component in Astro that imports a page', 'src/components/A.astro', page],
    ['Astro in src/lib', 'src/lib/views/a.ts', `import { z } from 'astro/zod';`],
    ['a virtual module in the worker', 'worker/a.ts', `import { env } from 'astro:env/server';`],
    ['a script of a page', 'src/components/B.astro', `<script>${page}</script>`],
    ['a second door to the rows', 'src/lib/ingest/a.ts', `import '../entities/upsert.ts';`],
    ['a circle of types', 'src/lib/views/a.ts', `import type { B } from './b.ts';`],
  ])('refuses %s', async (_what, file, line) => {
    rmSync(root, { recursive: true });
    write('package.json', '{ "type": "module" }');
    write('src/lib/platform/config.ts', 'export const config = 1;\n');
    write('src/lib/entities/upsert.ts', 'export const upsert = 1;\n');
    write('src/pages/index.ts', 'export const page = 1;\n');
    write('src/lib/views/b.ts', `import type { A } from './a.ts';\nexport type B = A;\n`);
    const text = file.endsWith('.astro') && !line.startsWith('<') ? `---\n${line}\n---\n` : line;
    write(file, `${text}\n${file.endsWith('.ts') ? 'export type A = 1;\n' : ''}`);
    const { violations } = await checkLayers(root);
    expect(violations.join('\n')).toContain(file);
  });

  it('is kept by the whole tree, without a circle', async () => {
    const { files, violations } = await checkLayers(process.cwd());
    expect(files).toBeGreaterThan(1_000);
    expect(violations).toEqual([]);
  });

  it('is the table that CONTRIBUTING.md shows', () => {
    const shown = [...readFileSync('CONTRIBUTING.md', 'utf8').matchAll(/^\| `([\w/-]+)\/`/gm)];
    expect(shown.map(([, folder]) => folder)).toEqual(rooms.map((room) => room.path));
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
