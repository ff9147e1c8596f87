import { sql } from 'drizzle-orm';
import { expect } from 'vitest';
import { appRole, openDatabase, type DatabaseHandle } from '../../src/lib/platform/db/pool.ts';
import type { TestDatabase } from '../helpers/database.ts';
import type { Figures } from '../../scripts/deep/meta.ts';
import type { Workspace } from '../helpers/workspace.ts';

const atOnce = 30;

/**
 * Thirty transactions of two tenants at once on ten connections, a third of which is rolled back,
 * while backends are killed under them: none sees a foreign row, no row of one that was rolled back
 * stays, and all come to an end.
 */
export async function killBackends(
  db: TestDatabase,
  tenants: readonly Workspace[],
  { kills }: { kills: number },
): Promise<Figures> {
  const handle = openDatabase({ url: db.url, role: appRole, size: 10 });
  const mark = `mark-${Date.now()}`;
  const tally = { killed: 0, rounds: 0, done: 0, 'rolled back': 0, 'broken off': 0 };
  while (tally.killed < kills) {
    const running = Array.from({ length: atOnce }, (_, index) =>
      findTransaction(
        handle,
        tenants[index % tenants.length]?.tenant.id ?? '',
        mark,
        index % 3 === 0,
      ),
    );
    const killed = await db.query(
      `select pg_terminate_backend(pid)
       from pg_stat_activity
       where application_name = 'tributary' and datname = current_database() and random() < 0.4`,
    );
    tally.killed += killed.length;
    tally.rounds += 1;
    for (const outcome of await Promise.all(running)) tally[outcome] += 1;
  }
  const [{ kept } = { kept: -1 }] = await db.query<{ kept: number }>(
    'select count(*)::int as kept from leads where summary = $1',
    [mark],
  );
  expect(kept).toBe(0);
  await handle.close();
  expect(Math.min(tally.done, tally['rolled back'], tally['broken off'])).toBeGreaterThan(0);
  return {
    'backends killed': tally.killed,
    transactions: tally.rounds * atOnce,
    done: tally.done,
    'rolled back': tally['rolled back'],
    'broken off': tally['broken off'],
    'foreign rows': 0,
    'rolled-back rows': kept,
  };
}

/**
 * Writes into its tenant's rows, if it is one that is to be rolled back, and reads: what it sees
 * has to be its tenant's.
 */
async function findTransaction(
  handle: DatabaseHandle,
  tenantId: string,
  mark: string,
  rollsBack: boolean,
): Promise<'done' | 'rolled back' | 'broken off'> {
  const seen: string[] = [];
  const rollback = new Error('roll back');
  const outcome = await handle.db
    .transaction(async (tx) => {
      await tx.execute(sql`select set_config('app.tenant_id', ${tenantId}, true)`);
      if (rollsBack) await tx.execute(sql`update leads set summary = ${mark}`);
      const { rows } = await tx.execute<{ tenant_id: string }>(
        sql`select distinct tenant_id from leads`,
      );
      seen.push(...rows.map((row) => row.tenant_id));
      if (rollsBack) throw rollback;
    })
    .then(
      () => 'done' as const,
      (error: unknown) => (error === rollback ? ('rolled back' as const) : ('broken off' as const)),
    );
  expect(outcome === 'broken off' ? seen.filter((id) => id !== tenantId) : seen).toEqual(
    outcome === 'broken off' ? [] : [tenantId],
  );
  return outcome;
}
