import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { syncConnection } from '#lib/ingest/sync-connection.ts';
import { useDatabase } from '../helpers/database.ts';
import { createWorkspace, type Workspace } from '../helpers/workspace.ts';

const db = useDatabase();
let sandbox: Sandbox;
let workspace: Workspace;

beforeAll(async () => {
  sandbox = await startSandbox({ now: Date.UTC(2026, 10, 20, 12) });
  workspace = await createWorkspace(sandbox, 'summit');
});
afterAll(() => sandbox.close());

const sync = () =>
  syncConnection({
    tenantId: workspace.tenant.id,
    connectionId: workspace.connection.id,
    trigger: 'cli',
  });

describe('a sync', () => {
  it('brings over everything that the source has, with counters that add up', async () => {
    const report = await sync();
    expect(report.errorMessage).toBeNull();
    expect(report.status).toBe('success');
    const truth = sandbox.clienttether.truth('summit');
    const counts = await db.query<{ leads: number; opportunities: number; notes: number }>(`
      select (select count(*)::int from leads) leads,
        (select count(*)::int from opportunities) opportunities,
        (select count(*)::int from notes) notes`);
    expect(counts[0]).toEqual({
      leads: truth.clients?.length,
      opportunities: truth.opportunities?.length,
      notes: truth.notes?.length,
    });
    for (const stream of report.streams)
      expect(stream.fetched).toBe(
        stream.inserted + stream.changed + stream.unchanged + stream.rejected,
      );
  });

  it('writes no row when nothing has changed', async () => {
    const report = await sync();
    expect(report.recordsUpdated).toBe(0);
    expect(report.status).toBe('success');
  });
});
