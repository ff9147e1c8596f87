import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { transferByCopy, transferByDump } from '../../scripts/drill/transfer.ts';
import { runDrill } from '../../scripts/drill/drill.ts';
import { connect } from '../../scripts/drill/sessions.ts';
import { migrateAll } from '#lib/jobs/migrate.ts';
import { db, hasTools, copied, query } from './drill-stage.ts';

describe('as an owner that row-level security binds', { timeout: 120_000 }, () => {
  const name = `drill_owner_${process.pid}`;
  const url = new URL(inject('adminUrl'));
  Object.assign(url, { username: name, password: 'a-password', pathname: `/${name}` });

  beforeAll(async () => {
    await db.query(`create role ${name} login createrole password 'a-password'`);
    await db.query(`create database ${name} owner ${name}`);
    await migrateAll(url.href);
    const admin = new URL(db.url);
    admin.pathname = `/${name}`;
    await query(
      admin.href,
      `insert into tenants (slug, name) values ('one', 'One');
       insert into connections (tenant_id, provider, label)
       select id, 'clienttether', 'One' from tenants`,
    );
  });
  afterAll(async () => {
    await db.query(`drop database ${name} with (force)`);
    await db.query(`drop role ${name}`);
  });

  it('refuses a backup that would hold no rows, and takes it as the backup role', async () => {
    await expect(runDrill({ ...copied, fromUrl: url.href })).rejects.toThrow(
      /Row-level security hides the rows of \d+ tables from the role "drill_owner/,
    );
    await expect(runDrill({ ...copied, intoUrl: url.href })).rejects.toThrow(
      'may not create the scratch database',
    );
    await db.query(`grant tributary_backup to ${name}`);
    const { identical, tables } = await runDrill({
      ...copied,
      fromUrl: url.href,
      carry: hasTools ? transferByDump : transferByCopy,
    });
    await db.query(`revoke tributary_backup from ${name}`);
    expect(identical).toBe(true);
    expect(tables.find(({ table }) => table === 'public.connections')?.restored).toBe(1);
  });

  it('notices a backup that was emptied in this way, also one from before', async () => {
    const admin = new URL(db.url);
    admin.pathname = `/${name}`;
    const blind = await connect(url.href);
    const comparison = await runDrill({
      fromUrl: admin.href,
      intoUrl: db.url,
      carry: (source, into) => transferByCopy({ ...source, client: blind }, into),
      older: true,
    });
    await blind.end();
    expect(comparison.identical).toBe(false);
    expect(
      comparison.tables.filter(({ verdict }) => verdict === 'lost').map(({ table }) => table),
    ).toEqual(['public.connections']);
  });
});
