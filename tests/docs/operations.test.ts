import { existsSync, globSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { rules } from '#lib/ops/alerts/rules.ts';
import { firstColumn, found, read, sortedSet, sourceOf, tableIn } from './documents.ts';

const guide = 'docs/operations.md';
const monitoring = 'docs/operations/monitoring.md';
const troubleshooting = 'docs/operations/troubleshooting.md';

describe('the guide', () => {
  it('is short', () => {
    expect(read(guide).trimEnd().split('\n').length).toBeLessThan(120);
  });

  it('lists every page about operations', () => {
    const listed = firstColumn(guide, 'page').flatMap((cell) => found(cell, /\]\(([^)]+)\)/g));
    const pages = globSync('docs/operations/*.md').map((file) => path.relative('docs', file));
    expect(listed.toSorted()).toEqual(pages.toSorted());
  });
});

describe('monitoring', () => {
  it('explains each field of the log and no other', () => {
    const [, list = ''] = sourceOf('const allowedFields = [', 'src/lib/platform/**/*.ts').split(
      'const allowedFields = [',
    );
    const allowed = found(list.split('] as const')[0] ?? '', /'(\w+)'/g);
    expect(allowed.length).toBeGreaterThan(10);
    const told = firstColumn(monitoring, 'field').flatMap((cell) => found(cell, /`(\w+)`/g));
    expect(sortedSet(told)).toEqual(sortedSet(allowed));
  });

  it('explains each rule of the alerts, with its severity, and no other', () => {
    const told = tableIn(monitoring, 'rule').map(([name, severity]) => `${name} ${severity}`);
    expect(told.toSorted()).toEqual(
      rules.map(({ name, severity }) => `\`${name}\` ${severity}`).toSorted(),
    );
  });

  it('names the health endpoints that exist', () => {
    const addresses = firstColumn(monitoring, 'address').flatMap((cell) =>
      found(cell, /^`(\/[\w/]+)/g),
    );
    expect(addresses.length).toBeGreaterThan(2);
    for (const address of addresses) {
      const files = ['.ts', '/index.ts'].map((end) => `src/pages${address}${end}`);
      expect(
        files.some((file) => existsSync(file)),
        address,
      ).toBe(true);
    }
  });
});

describe('troubleshooting', () => {
  it('explains each kind of error that a run can end with, once', () => {
    const remote = sourceOf('type RemoteErrorKind =').match(/type RemoteErrorKind =([^;]+);/)?.[1];
    const engine = globSync('src/lib/ingest/**/*.ts').map(read).join('\n');
    const kinds = [
      ...found(remote ?? '', /'(\w+)'/g),
      ...found(engine, /\bkind = .*\? .* : '(\w+)'/g),
      ...found(engine, /(?:errorK|k)ind: '(\w+)'/g),
      'internal',
    ];
    expect(kinds).toEqual(expect.arrayContaining(['auth', 'worker_lost']));
    const told = firstColumn(troubleshooting, 'kind').flatMap((cell) => found(cell, /^`(\w+)`$/g));
    expect(told.toSorted()).toEqual(sortedSet(kinds));
  });

  it('quotes what the program says', () => {
    const banner = firstColumn(troubleshooting, 'banner');
    const symptoms = firstColumn(troubleshooting, 'symptom')
      .flatMap((cell) => found(cell, /^"([^"]+)"$/g))
      // PostgreSQL says this, not the program.
      .filter((text) => text !== 'permission denied to set role');
    const aside = found(read(troubleshooting), /^"([^"]+)"/gm);
    expect(Math.min(banner.length, symptoms.length)).toBeGreaterThan(6);
    const said = globSync(['{src,scripts}/**/*.ts']).map(read).join('\n');
    const pieces = [...banner, ...symptoms, ...aside.map((text) => text.replaceAll('\n', ' '))]
      .flatMap((text) => text.split(/…|, /))
      .map((piece) => piece.replace(/^rows /, '').trim());
    expect(pieces.filter((piece) => !said.includes(piece))).toEqual([]);
  });
});
