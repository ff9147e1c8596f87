import { describe, expect, it } from 'vitest';
import { parsePeriod } from '#lib/platform/period.ts';
import { selectLeadPage } from '#lib/entities/lead/queries.ts';
import { parseLeadFilter } from '#lib/entities/lead/filter.ts';
import { withTenant } from '#lib/identity/tenancy/with-tenant.ts';
import { replayConnection } from '#lib/ingest/replay/run.ts';
import { exportLists } from '#lib/views/exports/lists.ts';
import { db, sandbox, sync, workspace } from '../ingest/stage.ts';

/** The last note about each lead, or the last held activity with it, straight from the rows. */
const truth = `
  select l.external_id as id, greatest(
    (select max(n.note_date) from notes n where n.tenant_id = l.tenant_id
       and n.connection_id = l.connection_id and n.contact_id = l.external_id and n.deleted_at is null),
    (select max(a.held_at) from scheduled_activities a where a.tenant_id = l.tenant_id
       and a.connection_id = l.connection_id and a.contact_id = l.external_id and a.deleted_at is null)) as at
  from leads l where l.tenant_id = $1 order by l.external_id`;
const kept = `
  select external_id as id, last_contacted_at as at from leads
  where tenant_id = $1 order by external_id`;

interface Contacted {
  id: string;
  at: Date | null;
}

async function expectTruth(): Promise<Contacted[]> {
  const rows = await db.query<Contacted>(kept, [workspace.tenant.id]);
  expect(rows).toEqual(await db.query(truth, [workspace.tenant.id]));
  return rows;
}

const at = async (id: string) => (await expectTruth()).find((row) => row.id === id)?.at;
const note = (id: string, row: Record<string, string>) => ({ kind: 'notes' as const, id, row });

describe('the time of last contact', () => {
  it('is that of the last note, whatever happens to notes', async () => {
    await sync();
    expect(await at('1')).toEqual(new Date('2026-03-04T09:00:00Z'));
    expect(await at('100')).toBeNull();
    sandbox.clienttether.mutate('rows', {
      changes: [
        { op: 'update', ...note('9000', { date: '2026-04-05 09:00:00' }) },
        { op: 'delete', ...note('9001', {}) },
        {
          op: 'update',
          kind: 'clients',
          id: '1',
          row: { last_modified_date: '2026-05-01 10:00:00' },
        },
        {
          op: 'update',
          kind: 'clients',
          id: '2',
          row: { last_modified_date: '2026-05-01 10:00:00' },
        },
      ],
    });
    await sync();
    expect(await at('1')).toEqual(new Date('2026-04-05T09:00:00Z'));
    expect(await at('2')).toBeNull();
  });

  it('counts an activity once it was held, and none that is only planned', async () => {
    // Within the days for which the source's calendar is read.
    const yesterday = new Date(Math.floor(Date.now() / 1000) * 1000 - 86_400_000);
    const start_date = yesterday.toISOString().slice(0, 19).replace('T', ' ');
    const event = (event_id: string, client_id: string, status: string) => ({
      op: 'add' as const,
      kind: 'events' as const,
      row: { event_id, client_id, event_type: 'appt', start_date, status },
    });
    sandbox.clienttether.mutate('rows', {
      changes: [event('501', '100', 'Completed'), event('502', '101', 'Scheduled')],
    });
    await sync();
    expect(await at('100')).toEqual(yesterday);
    expect(await at('101')).toBeNull();
  });

  it('is made anew by a replay', async () => {
    await sync();
    await db.query(`update leads set last_contacted_at = now() where external_id in ('1', '100')`);
    await replayConnection({
      tenantId: workspace.tenant.id,
      connectionId: workspace.connection.id,
      trigger: 'replay',
    });
    expect(await at('1')).toEqual(new Date('2026-03-04T09:00:00Z'));
  });

  it('orders the list, and stands in the export', async () => {
    await sync();
    const params = new URLSearchParams({ sort: 'contacted', direction: 'desc' });
    const { id: tenantId } = workspace.tenant;
    const page = await withTenant(tenantId, (tx) =>
      selectLeadPage(tx, tenantId, parsePeriod(params, '2026-11-20'), parseLeadFilter(params), 200),
    );
    const times = page.rows.map(({ lastContactedAt }) => lastContactedAt?.getTime() ?? 0);
    expect(times.filter((time) => time > 0)).toHaveLength(30);
    expect(times).toEqual(times.toSorted((one, other) => other - one));
    const columns = exportLists.get('leads')?.columns(workspace.tenant) ?? [];
    expect(columns.map(({ header }) => header)).toContain('Last contacted');
  });
});
