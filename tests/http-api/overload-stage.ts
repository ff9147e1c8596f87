import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { rowsAccount, startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { createUser } from '#lib/identity/auth/users.ts';
import { syncConnection } from '#lib/ingest/sync-connection.ts';
import type { TestDatabase } from '../helpers/database.ts';
import { client } from '../helpers/rows.ts';
import { password } from '../helpers/web.ts';
import { createWorkspace } from '../helpers/workspace.ts';

/** Longer than any deadline and any test. */
const sleepSeconds = 3_600;

export interface SlowLeads {
  /**
   * Lets statements that read leads take an hour: all of them, or those that go on from a cursor.
   */
  slowDown(which?: 'all' | 'later pages'): Promise<void>;
  speedUp(): Promise<void>;
  /** Waits until so many statements are under way in the database and do not end. */
  untilStuck(count: number): Promise<void>;
}

/** More leads than an export reads at once. */
export const leadCount = 2_500;

/**
 * The workspace `north` with leads, which the database can be told to read slowly. Call at the
 * top of a file.
 */
export function useSlowLeads(db: TestDatabase): SlowLeads {
  let sandbox: Sandbox;
  const speedUp = async () => {
    await db.query(`select pg_terminate_backend(pid) from (${stuck}) as statements`);
    await db.query('drop policy if exists slow on leads');
  };
  beforeAll(async () => {
    const clients = Array.from({ length: leadCount }, (_, index) => client(1 + index));
    sandbox = await startSandbox({
      accounts: [
        rowsAccount({ name: 'north', webKey: 'CT_n', accessToken: 'token', rows: { clients } }),
      ],
    });
    const { tenant, connection } = await createWorkspace(sandbox, 'north');
    await syncConnection({ tenantId: tenant.id, connectionId: connection.id, trigger: 'cli' });
    await createUser({ email: 'viewer@north.test', password, tenantSlug: 'north', role: 'viewer' });
  });
  afterEach(speedUp);
  afterAll(async () => sandbox?.close());
  return {
    slowDown: async (which = 'all') => {
      const spared = which === 'all' ? 'false' : `current_query() not like '%::timestamptz, %'`;
      await db.query(
        `create policy slow on leads as restrictive for select
         using (${spared} or pg_sleep(${sleepSeconds}) is not null)`,
      );
    },
    speedUp,
    untilStuck: (count) =>
      expect.poll(async () => (await db.query(stuck)).length, { timeout: 25_000 }).toBe(count),
  };
}

const stuck = `
  select pid from pg_stat_activity
  where datname = current_database() and state = 'active' and wait_event = 'PgSleep'`;
