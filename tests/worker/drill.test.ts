import { chmodSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { restoreFile, transferByDump } from '../../scripts/drill/transfer.ts';
import { runDrill } from '../../scripts/drill/drill.ts';
import { findTools, runTool } from '../../scripts/drill/tools.ts';
import type { TestDatabase } from '../helpers/database.ts';
import { startProcess, until } from '../helpers/processes.ts';
import { expectBalancedBooks, expectExactRollups, expectTruth } from '../helpers/truth.ts';
import type { Workspace } from '../helpers/workspace.ts';
import { db, folder, sandbox, whole, begun, hasTools, copied, query } from './drill-stage.ts';

const scratches = () =>
  db.query(`select datname from pg_database where datname like 'tributary_drill_%'`);

describe('the restore drill', { timeout: 120_000 }, () => {
  it('finds every row and every definition again, and leaves nothing behind', async () => {
    const { identical, tables, shape } = await runDrill(copied);
    expect(shape).toEqual({ lost: [], new: [] });
    expect(tables.filter(({ verdict }) => verdict !== 'same')).toEqual([]);
    expect(identical).toBe(true);
    expect(tables.find(({ table }) => table === 'public.leads')?.restored).toBeGreaterThan(60);
    expect(tables.find(({ table }) => table === 'public.credentials')).toMatchObject({
      rows: 4,
      restored: 4,
    });
    expect(await scratches()).toEqual([]);
  });

  it('brings back a working database: secrets open, the sync goes on, rows are whole', async () => {
    await runDrill(copied, async (url) => {
      const restored: TestDatabase = {
        url,
        query: async <Row extends pg.QueryResultRow>(text: string) =>
          (await query(url, text)) as Row[],
      };
      const worker = startProcess('worker/index.ts', url);
      await until(
        'the restored database is synced',
        async () =>
          (
            await query(
              url,
              `select 1
               from sync_runs
               where status = 'success' and tenant_id = '${begun.tenant.id}'`,
            )
          ).length > 0,
      );
      worker.child.kill('SIGTERM');
      expect(await worker.exited).toEqual({ code: 0, signal: null });
      const tenantRows = async (table: string, { tenant }: Workspace) =>
        (
          await query(
            url,
            `select external_id from ${table} where tenant_id = '${tenant.id}' order by 1`,
          )
        ).length;
      for (const workspace of [whole, begun])
        expect([
          await tenantRows('leads', workspace),
          await tenantRows('opportunities', workspace),
        ]).toEqual([60, 60]);
      expect(
        await query(url, `select losses from sync_runs where tenant_id = '${begun.tenant.id}'`),
      ).toEqual([{ losses: 0 }]);
      await expectTruth(
        {
          ...restored,
          query: (text, values = []) =>
            restored.query(text.replace('$1', `'${String(values[0])}'`)),
        },
        sandbox,
        'begun',
        begun,
      );
      await expectExactRollups(restored);
      await expectBalancedBooks(restored);
    });
    expect(
      await db.query(`select status from sync_runs where tenant_id = $1`, [begun.tenant.id]),
    ).toEqual([{ status: 'running' }]);
  });

  it('notices each row, value, key, policy and right that is not as it was', async () => {
    const [{ key } = { key: '' }] = await db.query<{ key: string }>(
      `select conname as key
       from pg_constraint
       where conrelid = 'notes'::regclass and contype = 'f'
       limit 1`,
    );
    const comparison = await runDrill(copied, async (url) => {
      await query(url, `delete from opportunities where external_id = '1'`);
      // Two values that changed places: as many rows, and the same values in all.
      await query(
        url,
        `update leads l
         set name = o.name
         from leads o
         where o.tenant_id = l.tenant_id and (l.external_id, o.external_id)
           in (('1', '2'), ('2', '1'))`,
      );
      await query(
        url,
        `update raw_bodies
         set compressed = compressed || '\\x00'
         where (tenant_id, sha256) = (select tenant_id, sha256 from raw_bodies limit 1)`,
      );
      await query(
        url,
        `drop policy tenant_isolation on notes;
         alter table reports no force row level security;
         grant truncate on leads to tributary_app;
         alter table notes drop constraint ${key}`,
      );
    });
    expect(comparison.identical).toBe(false);
    expect(
      comparison.tables
        .filter(({ verdict }) => verdict !== 'same')
        .map(({ table, verdict }) => `${table} ${verdict}`),
    ).toEqual([
      'public.hot_list_items differs',
      'public.leads differs',
      'public.opportunities differs',
      'public.raw_bodies differs',
    ]);
    expect(comparison.shape.new).toEqual([
      'right: tributary_app may truncate leads',
      'row security: reports enabled t, forced f',
    ]);
    expect(comparison.shape.lost.map((line) => line.split(' ').slice(0, 3).join(' '))).toEqual([
      `constraint: notes ${key}`,
      'policy: notes tenant_isolation',
      'row security: reports',
    ]);
  });
});

describe('npm run drill', { timeout: 120_000 }, () => {
  const run = async (args: string[], env: Record<string, string> = {}) => {
    const { exited, output } = startProcess('scripts/drill.ts', db.url, env, args);
    const { code } = await exited;
    return { code, output: output() };
  };

  it('prints each table and the sum, and ends with 0', async () => {
    const { code, output } = await run(['--copy']);
    expect(output).toMatch(/public\.leads +120 +120 +same|public\.leads +\d+ +\d+ +same/);
    expect(output.split('\n').at(-1)).toMatch(/^restored \d+ tables, \d+ rows, identical$/);
    expect(code).toBe(0);
  });

  it('says what is missing when there is no pg_dump, or an old one', async () => {
    const absent = await run([], { PG_BIN: folder });
    expect(absent.output).toMatch(/pg_dump is not installed\. .*\n.*install postgresql-client-\d+/);
    for (const tool of ['pg_dump', 'pg_restore']) {
      writeFileSync(path.join(folder, tool), '#!/bin/sh\necho "pg_dump (PostgreSQL) 9.6.24"\n');
      chmodSync(path.join(folder, tool), 0o755);
    }
    const old = await run([], { PG_BIN: folder });
    expect(old.output).toMatch(/pg_dump is of version 9, and the server of version \d+/);
    expect([absent.code, old.code]).toEqual([2, 2]);
  });

  it('goes through pg_dump and pg_restore where the machine has them for this server', async ({
    skip,
  }) => {
    if (!hasTools) skip('no pg_dump of the version of this server');
    expect(await runDrill({ ...copied, carry: transferByDump })).toMatchObject({
      identical: true,
      shape: { lost: [], new: [] },
    });
    const file = path.join(folder, 'night.dump');
    await runTool((await findTools(0)).pg_dump, db.url, [
      '--format=custom',
      '--exclude-schema=pgboss',
      `--file=${file}`,
    ]);
    await db.query(`update tenants set name = name || '!'`);
    const { identical, tables } = await runDrill({
      ...copied,
      carry: restoreFile(file),
      older: true,
    });
    expect(identical).toBe(true);
    expect(
      tables.filter(({ verdict }) => verdict === 'changed since').map(({ table }) => table),
    ).toEqual(['public.tenants']);
  });
});
