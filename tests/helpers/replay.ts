import { replayConnection } from '#lib/ingest/replay/run.ts';
import { dryRunReplay } from '#lib/ingest/replay/dry-run.ts';
import type { ReplayReport, ReplayRequest } from '#lib/ingest/replay/types.ts';
import type { TestDatabase } from './database.ts';
import type { Workspace } from './workspace.ts';

const buildRequest = ({ tenant, connection }: Workspace): ReplayRequest => ({
  tenantId: tenant.id,
  connectionId: connection.id,
  trigger: 'replay',
});

export const replay = (
  workspace: Workspace,
  options: Partial<ReplayRequest> = {},
): Promise<ReplayReport> => replayConnection({ ...buildRequest(workspace), ...options });
export const dryRun = (workspace: Workspace, options: Partial<ReplayRequest> = {}) =>
  dryRunReplay({ ...buildRequest(workspace), ...options });

const entities = ['leads', 'opportunities', 'notes', 'scheduled_activities', 'stages'];
const rollups = [
  'lead_metrics',
  'lead_metric_months',
  'pipeline_stage_counts',
  'pipeline_stage_months',
  'stage_entries',
  'stage_entry_months',
  'dated_counts',
  'dated_count_months',
  'hot_list_items',
];

/** As if nothing had ever been read: only the stored responses stay. */
export const emptyTables = (db: TestDatabase) =>
  db.query(`truncate ${[...entities, ...rollups].join(', ')} cascade`);

/**
 * What every live row and every rollup says, whatever ids the rows have, and when they were
 * written.
 */
export async function readContents(db: TestDatabase): Promise<Record<string, string[]>> {
  const contents: Record<string, string[]> = {};
  for (const table of entities)
    contents[table] = await readLines(
      db,
      `select to_jsonb(t) - '{id,snapshot_id,first_seen_at,changed_at}'::text[] as row
       from ${table} t
       where deleted_at is null`,
    );
  for (const table of rollups)
    contents[table] = await readLines(
      db,
      `select to_jsonb(t) - 'opportunity_id' as row from ${table} t`,
    );
  return contents;
}

/** Every row as it is stored, down to the transaction that wrote it. */
export async function writtenRows(db: TestDatabase): Promise<string[]> {
  const tables = [...entities, ...rollups, 'record_errors', 'stream_states'];
  return (
    await Promise.all(
      tables.map((table) =>
        readLines(
          db,
          `select jsonb_build_array('${table}', xmin::text, to_jsonb(t)) as row from ${table} t`,
        ),
      ),
    )
  ).flat();
}

async function readLines(db: TestDatabase, query: string): Promise<string[]> {
  return (await db.query<{ row: unknown }>(query)).map(({ row }) => JSON.stringify(row)).toSorted();
}
