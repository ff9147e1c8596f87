import { execFileSync } from 'node:child_process';
import { appendFileSync, chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sql } from 'drizzle-orm';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  findFreePort,
  startEmbeddedPostgres,
  type EmbeddedPostgres,
} from '../../../scripts/embedded-postgres.ts';
import { migrateAll } from '#lib/jobs/migrate.ts';
import { resetConfig } from '#lib/platform/config.ts';
import { closeDatabase } from '#lib/platform/db/database.ts';
import { createTenant, type Tenant } from '#lib/identity/tenancy/tenants.ts';
import { readTenant, withTenant } from '#lib/identity/tenancy/with-tenant.ts';
import { getFreshnessView } from '#lib/views/freshness.ts';
import { getNotesView, parseNotesRequest } from '#lib/views/notes.ts';
import { testEnv } from '../../helpers/database.ts';
import { allowForLoad } from '../../helpers/patience.ts';
import { until } from '../../helpers/processes.ts';

allowForLoad();

/**
 * A primary and a streaming replica of this file's own: the replica is a copy of the primary's
 * folder that follows it.
 */
const folder = mkdtempSync(path.join(tmpdir(), 'tributary-replica-'));
const at = (name: string) => path.join(folder, name);
const settings = ['fsync=off', 'hot_standby=on'];
let primary: EmbeddedPostgres;
let replica: EmbeddedPostgres;
let replicaPort: number;
let tenant: Tenant;

beforeAll(async () => {
  // The server's own user has to get through.
  chmodSync(folder, 0o711);
  const port = await findFreePort();
  replicaPort = await findFreePort();
  const first = await startEmbeddedPostgres({ directory: at('primary'), port, settings });
  await migrateAll(first.url);
  await first.stop();
  // Owners and modes too: the server refuses a folder that is not its own.
  execFileSync('cp', ['-a', at('primary'), at('replica')]);
  const { username, password } = new URL(first.url);
  writeFileSync(at('replica/cluster/standby.signal'), '');
  appendFileSync(
    at('replica/cluster/postgresql.auto.conf'),
    `primary_conninfo = 'host=127.0.0.1 port=${port} user=${username} password=${password}'\n`,
  );
  primary = await startEmbeddedPostgres({ directory: at('primary'), port, settings });
  replica = await startReplica();
  Object.assign(process.env, testEnv(primary.url), { DATABASE_READ_URL: replica.url });
  resetConfig();
  tenant = await createTenant({ slug: 'one', name: 'One' });
  await withTenant(tenant.id, (tx) =>
    tx.execute(
      sql`
        insert into connections (tenant_id, provider, label)
        values (${tenant.id}, 'clienttether', 'One')`,
    ),
  );
});
afterAll(async () => {
  await closeDatabase();
  await replica?.stop('immediate');
  await primary?.stop('immediate');
  rmSync(folder, { recursive: true, force: true });
  delete process.env['DATABASE_READ_URL'];
  resetConfig();
});

const startReplica = () =>
  startEmbeddedPostgres({ directory: at('replica'), port: replicaPort, settings });
async function onServer(url: string, statement: string): Promise<pg.QueryResultRow[]> {
  const session = new pg.Client({ connectionString: url });
  await session.connect();
  return session
    .query(statement)
    .then(({ rows }) => rows)
    .finally(() => session.end());
}
interface Seen {
  [column: string]: unknown;
  replica: boolean;
  label: string;
}
const look = (mayLag: boolean) =>
  readTenant(
    tenant.id,
    async (tx) =>
      (
        await tx.execute<Seen>(
          sql`
            select pg_is_in_recovery() as replica, label
            from connections
            where tenant_id = ${tenant.id}`,
        )
      ).rows[0],
    { mayLag },
  );
const rename = (label: string) =>
  withTenant(tenant.id, (tx) =>
    tx.execute(sql`update connections set label = ${label} where tenant_id = ${tenant.id}`),
  );

describe('with a read replica', () => {
  it('pages read from it, bound by row-level security; all else reads the primary', async () => {
    await until('the replica is read from', async () => (await look(true))?.replica === true);
    expect(await look(false)).toMatchObject({ replica: false });
    const [role] = await readTenant(
      tenant.id,
      async (tx) =>
        (
          await tx.execute(
            sql`select current_user as name, current_setting('transaction_read_only') as only`,
          )
        ).rows,
      { mayLag: true },
    );
    expect(role).toEqual({ name: 'tributary_app', only: 'on' });
    const hidden = await readTenant(
      '01a1fc74-0000-7000-8000-000000000009',
      async (tx) => (await tx.execute(sql`select 1 from connections`)).rows,
      { mayLag: true },
    );
    expect(hidden).toEqual([]);
    expect((await getNotesView({ tenant }, parseNotesRequest(new URLSearchParams()))).total).toBe(
      0,
    );
  });

  it('what was just written is seen at once where it must be, with a lagging replica', async () => {
    await onServer(replica.url, 'select pg_wal_replay_pause()');
    await rename('Two');
    expect(await look(false)).toEqual({ replica: false, label: 'Two' });
    await withTenant(tenant.id, (tx) =>
      tx.execute(
        sql`
          update connections
          set status = 'needs_reconnect', status_reason = 'Refused'
          where tenant_id = ${tenant.id}`,
      ),
    );
    expect((await getFreshnessView({ tenant })).sources).toMatchObject([{ needsReconnect: true }]);
  });

  it('that has fallen behind is left alone until it has caught up', async () => {
    await until('the primary is read from', async () => (await look(true))?.replica === false);
    expect(await look(true)).toEqual({ replica: false, label: 'Two' });
    await onServer(replica.url, 'select pg_wal_replay_resume()');
    await until('the replica is read from again', async () => (await look(true))?.replica === true);
    expect(await look(true)).toEqual({ replica: true, label: 'Two' });
  });

  it('that goes away costs nobody an answer, and is taken up again', async () => {
    const asking = Array.from({ length: 200 }, async (_, index) => {
      await new Promise((resolve) => setTimeout(resolve, index * 5));
      return look(true);
    });
    await replica.stop('immediate');
    for (const seen of await Promise.all(asking)) expect(seen).toMatchObject({ label: 'Two' });
    replica = await startReplica();
    await until('the replica is read from again', async () => (await look(true))?.replica === true);
  });
});
