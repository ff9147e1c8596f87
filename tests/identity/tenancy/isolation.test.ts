import { sql } from 'drizzle-orm';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../../sandbox/index.ts';
import { openConnection, updateSettings } from '#lib/connections/connections.ts';
import { globalDb } from '#lib/platform/db/database.ts';
import { appRole, openDatabase, sessionOptions } from '#lib/platform/db/pool.ts';
import { syncConnection } from '#lib/ingest/sync-connection.ts';
import {
  defineTenantQuery,
  defineTenantsQuery,
  readTenant,
  withTenant,
} from '#lib/identity/tenancy/with-tenant.ts';
import { appRights } from '#lib/schema/rights.ts';
import { newId } from '#lib/platform/id.ts';
import { useDatabase } from '../../helpers/database.ts';
import { times } from '../../helpers/deep.ts';
import { until } from '../../helpers/processes.ts';
import { createWorkspace, type Workspace } from '../../helpers/workspace.ts';
import { killBackends } from '../../scenarios/backends.ts';

const db = useDatabase();
let sandbox: Sandbox;
let ours: Workspace;
let theirs: Workspace;
let tables: string[];

beforeAll(async () => {
  sandbox = await startSandbox({ now: Date.UTC(2026, 10, 20) });
  [ours, theirs] = [
    await createWorkspace(sandbox, 'juniper', 'ours'),
    await createWorkspace(sandbox, 'summit', 'theirs'),
  ];
  for (const { tenant, connection } of [ours, theirs])
    await syncConnection({ tenantId: tenant.id, connectionId: connection.id, trigger: 'cli' });
  tables = (
    await db.query<{ name: string }>(
      `select relname as name
       from pg_class
       where relnamespace = 'public'::regnamespace and relrowsecurity`,
    )
  ).map(({ name }) => name);
});
afterAll(() => sandbox.close());

/** What an attack answered: how many rows it touched, or the SQL state that refused it. */
async function attack(statement: ReturnType<typeof sql>, as = ours): Promise<number | string> {
  try {
    return await withTenant(
      as.tenant.id,
      async (tx) => (await tx.execute(statement)).rowCount ?? 0,
    );
  } catch (error) {
    return error instanceof Error && error.cause instanceof pg.DatabaseError
      ? (error.cause.code ?? 'unknown')
      : String(error);
  }
}

describe('as one tenant, on the rows of another', () => {
  it('reading, changing and deleting touch nothing, in every table', async () => {
    for (const name of tables) {
      const table = sql.identifier(name);
      // Some tables cannot be changed by anybody, which their rights refuse before any policy.
      const outcomeOf = (right: RegExp) => (right.test(appRights[name]?.may ?? '') ? 0 : '42501');
      const [before] = await db.query<{ rows: number }>(
        `select count(*)::int as rows from ${name} where tenant_id = $1`,
        [theirs.tenant.id],
      );
      expect(
        await attack(sql`select 1 from ${table} where tenant_id = ${theirs.tenant.id}`),
        name,
      ).toBe(0);
      expect(
        await attack(
          sql`update ${table} set tenant_id = tenant_id where tenant_id = ${theirs.tenant.id}`,
        ),
        name,
      ).toBe(outcomeOf(/update(?! \()/));
      expect(
        await attack(sql`delete from ${table} where tenant_id = ${theirs.tenant.id}`),
        name,
      ).toBe(outcomeOf(/delete/));
      const [after] = await db.query<{ rows: number }>(
        `select count(*)::int as rows from ${name} where tenant_id = $1`,
        [theirs.tenant.id],
      );
      expect(after, name).toEqual(before);
    }
  });

  it('writing rows for the other, or handing rows over to it, is refused', async () => {
    const lead = sql`
      insert into leads
      select (jsonb_populate_record(l,
        ${JSON.stringify({ tenant_id: theirs.tenant.id })}::jsonb)).*
      from leads l
      limit 1`;
    expect(await attack(lead)).toBe('42501');
    const event = sql`
      insert into audit_events (tenant_id, actor_kind, action)
      values (${theirs.tenant.id}, 'system', 'settings.changed')`;
    expect(await attack(event), 'a forged event').toBe('42501');
    for (const name of ['leads', 'notes', 'connections', 'sync_runs']) {
      expect(
        await attack(sql`update ${sql.identifier(name)} set tenant_id = ${theirs.tenant.id}`),
        name,
      ).toBe('42501');
    }
  });

  it('pointing at its rows is refused: foreign keys carry the tenant', async () => {
    expect(await attack(sql`update leads set connection_id = ${theirs.connection.id}`)).toBe(
      '23503',
    );
    expect(
      await attack(
        sql`
          insert into sync_runs (tenant_id, connection_id, trigger)
          values (${ours.tenant.id}, ${theirs.connection.id}, 'cli')`,
      ),
    ).toBe('23503');
  });

  it('a unique key does not tell that the other has the same value', async () => {
    const [{ external_id: externalId } = { external_id: '' }] = await db.query<{
      external_id: string;
    }>('select external_id from leads where tenant_id = $1 limit 1', [theirs.tenant.id]);
    expect(
      await attack(
        sql`update leads set external_id = ${externalId} where id = (select id from leads limit 1)`,
      ),
    ).toBe(1);
    await syncConnection({
      tenantId: ours.tenant.id,
      connectionId: ours.connection.id,
      trigger: 'cli',
    });
  });

  it('its connections open for nobody else', async () => {
    await expect(openConnection(ours.tenant.id, theirs.connection.id)).rejects.toThrow(
      'no such connection',
    );
    await expect(updateSettings(ours.tenant.id, theirs.connection.id, {})).rejects.toThrow(
      'no such connection',
    );
    await expect(
      syncConnection({
        tenantId: ours.tenant.id,
        connectionId: theirs.connection.id,
        trigger: 'cli',
      }),
    ).rejects.toThrow('no such connection');
  });

  it('a sealed secret copied into our row does not open', async () => {
    await db.query(
      `update credentials c
       set sealed = t.sealed
       from credentials t
       where c.tenant_id = $1 and t.tenant_id = $2 and c.name = t.name`,
      [ours.tenant.id, theirs.tenant.id],
    );
    await expect(openConnection(ours.tenant.id, ours.connection.id)).rejects.toThrow(
      'does not belong here',
    );
  });
});

describe('outside of a tenant', () => {
  it('no tenant table shows a row, and the setting does not stay on the connection', async () => {
    await withTenant(theirs.tenant.id, (tx) => tx.execute(sql`select 1`));
    for (const name of tables) {
      const { rowCount } = await globalDb().execute(
        sql`select 1 from ${sql.identifier(name)} limit 1`,
      );
      expect(rowCount, name).toBe(0);
    }
  });

  it('what is no tenant id is refused before it reaches the database', async () => {
    const query = defineTenantQuery((tenant) => sql`select from leads where tenant_id = ${tenant}`);
    for (const id of ['', 'x', `${ours.tenant.id}' or true --`, '00000000']) {
      expect(() => withTenant(id, async () => 1)).toThrow('id of a tenant');
      expect(() => readTenant(id, async () => 1)).toThrow('id of a tenant');
      await expect(query(id)).rejects.toThrow('id of a tenant');
    }
  });

  it('a query of one message reads its tenant alone, even without naming it, and cannot write', async () => {
    const named = defineTenantQuery<{ id: string }>(
      (tenant) => sql`select tenant_id as id from leads where tenant_id = ${tenant}`,
    );
    const unnamed = defineTenantQuery<{ id: string }>(() => sql`select tenant_id as id from leads`);
    for (const { id } of [ours.tenant, theirs.tenant]) {
      const rows = await unnamed(id);
      expect(new Set(rows.map((row) => row.id))).toEqual(new Set([id]));
      expect(await named(id)).toHaveLength(rows.length);
    }
    await expect(
      defineTenantQuery(() => sql`update leads set name = 'x'`)(ours.tenant.id),
    ).rejects.toThrow('read-only');
    const { rows } = await globalDb().execute(sql`select from leads`);
    expect(rows, 'the setting ends with the message').toEqual([]);
    expect(() => defineTenantQuery(() => sql`select ${'a value'}`)).toThrow('besides the tenant');
  });

  it('a message about many tenants reads each alone, even without naming it, and cannot write', async () => {
    const all = defineTenantsQuery<{ id: string }>(() => sql`select tenant_id as id from leads`);
    const ids = [theirs.tenant.id, newId(), ours.tenant.id];
    const found = await all(ids);
    expect([...found.keys()]).toEqual(ids);
    for (const [id, rows] of found) {
      const seen = id === ids[1] ? [] : [id];
      expect([...new Set(rows.map((row) => row.id))]).toEqual(seen);
    }
    const many = await all(Array.from({ length: 250 }, (_, n) => ids[n % 3] ?? '').concat(ids));
    expect(many).toEqual(found);
    await expect(all([ours.tenant.id, `x' or true --`])).rejects.toThrow('id of a tenant');
    await expect(defineTenantsQuery(() => sql`update leads set name = 'x'`)(ids)).rejects.toThrow(
      'read-only',
    );
    const { rows } = await globalDb().execute(sql`select from leads`);
    expect(rows, 'the setting ends with the message').toEqual([]);
  });

  it('a reading transaction cannot write', async () => {
    await expect(
      readTenant(ours.tenant.id, (tx) => tx.execute(sql`update leads set name = 'x'`)),
    ).rejects.toThrow();
  });
});

describe('when a backend dies inside a tenant transaction', () => {
  it('nothing of the callback goes on on another connection (decision 0001)', async () => {
    const handle = openDatabase({ url: db.url, role: appRole, size: 1 });
    const seen: number[] = [];
    const interrupted = handle.db.transaction(async (tx) => {
      await tx.execute(sql`select set_config('app.tenant_id', ${ours.tenant.id}, true)`);
      const { rows } = await tx.execute<{ pid: number }>(sql`select pg_backend_pid() as pid`);
      await db.query('select pg_terminate_backend($1)', [rows[0]?.pid]);
      const other = handle.db
        .transaction(async (theirTx) => {
          await theirTx.execute(sql`select set_config('app.tenant_id', ${theirs.tenant.id}, true)`);
          await theirTx.execute(sql`select pg_sleep(0.1)`);
        })
        .catch(() => {});
      const { rowCount } = await tx.execute(sql`select 1 from leads`);
      seen.push(rowCount ?? 0);
      await other;
    });
    await expect(interrupted).rejects.toThrow();
    expect(seen).toEqual([]);
    await handle.close();
  });

  it(
    '30 transactions with killed backends and roll-backs never show or keep a foreign row',
    { timeout: times(60_000, 600_000) },
    async ({ task }) => {
      task.meta.shown = {
        row: 'backends killed under 30 tenant transactions',
        figures: await killBackends(db, [ours, theirs], { kills: times(50, 1_000) }),
      };
    },
  );

  it('an idle connection that is killed does not end the process', async () => {
    const handle = openDatabase({ url: db.url, role: appRole, size: 2 });
    await handle.db.execute(sql`select 1`);
    await db.query(
      `select pg_terminate_backend(pid)
       from pg_stat_activity
       where application_name = 'tributary' and datname = current_database()`,
    );
    await until('the pool knows of it', () => handle.pool.totalCount === 0);
    expect((await handle.db.execute(sql`select 1 as one`)).rows).toEqual([{ one: 1 }]);
    await handle.close();
    expect(sessionOptions(appRole)).toContain('role=tributary_app');
  });
});
