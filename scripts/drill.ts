import { existsSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { loadEnvFile } from '../src/lib/platform/config.ts';
import { Problem } from '../src/lib/platform/errors.ts';
import { safeReason } from '../src/lib/platform/secrets.ts';
import { restoreFile, transferByCopy, transferByDump } from './drill/transfer.ts';
import type { Comparison } from './drill/compare.ts';
import { runDrill } from './drill/drill.ts';
import { ensureDataDirectory, openLocalDatabase } from './environment.ts';
import { table } from './table.ts';

/**
 * Verifies that a backup can be restored completely: takes one, restores it into a scratch
 * database, compares both and drops the scratch database.
 *
 *     npm run drill                       through pg_dump and pg_restore
 *     npm run drill -- --file night.dump  a dump that was made before, beside the database of now
 *     npm run drill -- --copy             through COPY, for want of a pg_dump of the same version
 *
 * --from and --into use other logins than DATABASE_OWNER_URL or DATABASE_URL. Exit codes: 0
 * everything was restored, 1 something differs, 2 the drill could not run.
 */
async function main(): Promise<void> {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    options: { from: text, into: text, file: text, copy: { type: 'boolean' } },
  });
  if (values.copy === true && values.file !== undefined)
    throw new Problem('bad_request', 'Give either --copy or --file, not both.');
  const own = values.from ?? (await findOwnerUrl());
  const carry =
    values.file !== undefined
      ? restoreFile(path.resolve(values.file))
      : values.copy === true
        ? transferByCopy
        : transferByDump;
  const comparison = await runDrill({
    fromUrl: own,
    intoUrl: values.into ?? own,
    carry,
    older: values.file !== undefined,
  });
  process.stdout.write(`${report(comparison).join('\n')}\n`);
  process.exitCode = comparison.identical ? 0 : 1;
}

/**
 * Uses the URL of `npm run migrate`; without a DATABASE_URL, the database of a running `npm start`.
 */
async function findOwnerUrl(): Promise<string> {
  loadEnvFile();
  const given = process.env['DATABASE_OWNER_URL'] || process.env['DATABASE_URL'];
  if (given) return given;
  const directory = ensureDataDirectory();
  if (existsSync(path.join(directory, 'postgres', 'cluster', 'postmaster.pid')))
    return (await openLocalDatabase(directory, '')).ownerUrl;
  throw new Problem(
    'unavailable',
    'DATABASE_URL is not set and no `npm start` is running here. ' +
      'Set it, or choose a database: --from postgres://…',
  );
}

function report({ tables, shape, identical }: Comparison): string[] {
  const rows = tables.reduce((sum, { restored }) => sum + restored, 0);
  const changed = tables.filter(({ verdict }) => verdict === 'changed since').length;
  const differing = tables
    .filter(({ verdict }) => verdict !== 'same' && verdict !== 'changed since')
    .map((one) => one.table);
  const lines = [...table(tables.map((one) => ({ ...one }))), ''];
  lines.push(
    ...shape.lost.map((line) => `lost  ${line}`),
    ...shape.new.map((line) => `new   ${line}`),
  );
  const restored = `restored ${tables.length} tables, ${rows} rows`;
  if (identical)
    return [
      ...lines,
      `${restored}, ` +
        `${changed === 0 ? 'identical' : `${changed} tables have changed since the dump`}`,
    ];
  if (tables.some(({ verdict }) => verdict === 'lost'))
    lines.push(
      'Some tables came back empty: the role that made this dump is bound by row-level security.',
    );
  const what = [
    ...(differing.length > 0 ? [`the rows of ${differing.join(', ')}`] : []),
    ...(shape.lost.length + shape.new.length > 0 ? ['the definitions above'] : []),
  ];
  return [...lines, `${restored}, NOT identical: ${what.join(' and ')} differ`];
}

main().catch((error: unknown) => {
  process.stderr.write(`${safeReason(error)}\n`);
  process.exitCode = 2;
});
