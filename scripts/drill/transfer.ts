import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { migrateAll } from '#lib/jobs/migrate.ts';
import { createRoles } from '#lib/platform/db/migrate.ts';
import { listTableNames } from './fingerprint.ts';
import { connect, type Source } from './sessions.ts';
import { findTools, runTool } from './tools.ts';

/** Copies the content of the source into an empty database. */
export type Transfer = (source: Source, scratchUrl: string) => Promise<void>;

/**
 * Backs up and restores as docs/operations/backup.md describes, in a folder that only this user can
 * read.
 */
export const transferByDump: Transfer = async (source, scratchUrl) => {
  const { pg_dump } = await findTools(source.serverVersion);
  const folder = await mkdtemp(path.join(tmpdir(), 'tributary-drill-'));
  try {
    const file = path.join(folder, 'tributary.dump');
    const role = source.role === undefined ? [] : [`--role=${source.role}`];
    await runTool(pg_dump, source.url, [
      '--format=custom',
      '--exclude-schema=pgboss',
      `--snapshot=${source.snapshot}`,
      ...role,
      `--file=${file}`,
    ]);
    await restoreFile(file)(source, scratchUrl);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/** Restores an existing dump. */
export const restoreFile =
  (file: string): Transfer =>
  async (source, scratchUrl) => {
    const { pg_restore } = await findTools(source.serverVersion);
    const scratch = await connect(scratchUrl);
    await createRoles(scratch).finally(() => scratch.end());
    await runTool(pg_restore, scratchUrl, [
      '--no-owner',
      '--no-privileges',
      '--exit-on-error',
      file,
    ]);
  };

/**
 * Copies without PostgreSQL's tools: the migrations of this release create the tables and COPY
 * fills them.
 */
export const transferByCopy: Transfer = async (source, scratchUrl) => {
  await migrateAll(scratchUrl);
  const scratch = await connect(scratchUrl);
  try {
    const order = await sortParentsFirst(source.client);
    // Forced row-level security would bind this owner too; the migration afterwards restores it.
    for (const table of order)
      await scratch.query(`alter table ${table} no force row level security`);
    await scratch.query(`truncate ${order.join(', ')}`);
    for (const table of order) await copyTable(source.client, scratch, table);
    await copySequences(source.client, scratch);
  } finally {
    await scratch.end();
  }
};

async function copyTable(source: pg.Client, scratch: pg.Client, table: string): Promise<void> {
  const { rows } = await source.query<{ columns: string }>(
    `
    select string_agg(quote_ident(attname), ', ' order by attnum) as columns from pg_attribute
    where attrelid = $1::regclass and attnum > 0 and not attisdropped and attgenerated = ''`,
    [table],
  );
  const columns = rows[0]?.columns ?? '';
  await pipeline(
    source.query(copyTo(`copy (select ${columns} from ${table}) to stdout`)),
    scratch.query(copyFrom(`copy ${table} (${columns}) from stdin`)),
  );
}

async function copySequences(source: pg.Client, scratch: pg.Client): Promise<void> {
  const { rows } = await source.query<{ name: string; last: string }>(`
    select format('%I.%I', schemaname, sequencename) as name, last_value::text as last
    from pg_sequences
    where schemaname <> 'pgboss' and last_value is not null`);
  for (const { name, last } of rows)
    await scratch.query('select setval($1::regclass, $2)', [name, last]);
}

/** Sorts the tables so that each comes after those that it references. */
async function sortParentsFirst(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ child: string; parent: string }>(`
    select format('%I.%I', cn.nspname, c.relname) as child,
      format('%I.%I', pn.nspname, p.relname) as parent
    from pg_constraint k
    join pg_class c on c.oid = conrelid
    join pg_namespace cn on cn.oid = c.relnamespace
    join pg_class p on p.oid = confrelid
    join pg_namespace pn on pn.oid = p.relnamespace
    where contype = 'f' and conrelid <> confrelid`);
  const waiting = new Set(await listTableNames(client));
  const order: string[] = [];
  while (waiting.size > 0) {
    const free = [...waiting].filter(
      (table) => !rows.some(({ child, parent }) => child === table && waiting.has(parent)),
    );
    if (free.length === 0)
      throw new Error(`These tables refer to each other in a circle: ${[...waiting].join(', ')}`);
    for (const table of free) waiting.delete(table);
    order.push(...free);
  }
  return order;
}
