import path from 'node:path';
import type { BenchDatabase, Cluster } from '../kit/cluster.ts';
import type { Subject } from './flow.ts';

/** What no way into Postgres beats: the server reads finished rows from a file of its own. */
export interface CopyBaseline {
  rows: number;
  /** Copies all rows into empty tables of the same shape; milliseconds. */
  run(): Promise<number>;
}

const tables = ['leads', 'opportunities', 'notes', 'scheduled_activities'];

/**
 * Writes a subject's entity rows to files, with raw JSON and all columns, and makes equal tables:
 * same indexes and constraints.
 */
export async function prepareCopy(
  cluster: Cluster,
  database: BenchDatabase,
  { tenantId }: Subject,
): Promise<CopyBaseline> {
  const buildPath = (table: string) =>
    path.join(cluster.directory, 'cluster', `${tenantId}-${table}.copy`);
  let rows = 0;
  for (const table of tables) {
    await database.query(
      `create table if not exists copy_of_${table} (like ${table} including all)`,
    );
    await database.query(
      `copy (select * from ${table} where tenant_id = '${tenantId}') to '${buildPath(table)}'`,
    );
    const [counted] = await database.query<{ count: number }>(
      `select count(*)::int as count from ${table} where tenant_id = $1`,
      [tenantId],
    );
    rows += counted?.count ?? 0;
  }
  return {
    rows,
    run: async () => {
      for (const table of tables) await database.query(`truncate copy_of_${table}`);
      const startedAt = performance.now();
      for (const table of tables)
        await database.query(`copy copy_of_${table} from '${buildPath(table)}'`);
      return performance.now() - startedAt;
    },
  };
}
