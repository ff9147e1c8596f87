import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inflateSync } from 'node:zlib';
import { rowsAccount, startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { deleteOutdated } from '#lib/privacy/retention/run.ts';
import { getRetention, setRetention } from '#lib/privacy/retention/settings.ts';
import { useDatabase } from '../helpers/database.ts';
import { readContents, replay } from '../helpers/replay.ts';
import { client, opportunity } from '../helpers/rows.ts';
import { createWorkspace, type Workspace } from '../helpers/workspace.ts';
import { syncAll } from './stage.ts';

const db = useDatabase();
let sandbox: Sandbox;
let workspace: Workspace;

const now = Date.now();
const monthsAgo = (months: number): string =>
  new Date(now - months * 31 * 86_400_000).toISOString().slice(0, 19).replace('T', ' ');
const dated = (months: number) => ({
  created: monthsAgo(months),
  last_modified_date: monthsAgo(months),
});
const note = (id: number, contact: number, months: number) => ({
  id: String(id),
  contact_id: String(contact),
  content: `Note ${id}`,
  date: monthsAgo(months),
});

beforeAll(async () => {
  sandbox = await startSandbox({
    accounts: [
      rowsAccount({
        name: 'one',
        webKey: 'CT_one',
        accessToken: 'token-one-0123',
        rows: {
          clients: [
            client(1, dated(30)),
            client(2, dated(30)),
            client(3, dated(2)),
            client(4, { created: '0000-00-00 00:00:00', last_modified_date: '' }),
          ],
          notes: [note(11, 1, 29), note(12, 2, 1), note(13, 3, 40)],
          opportunities: [opportunity(1)],
        },
      }),
    ],
    now,
  });
  workspace = await createWorkspace(sandbox, 'one');
  await syncAll(workspace);
});
afterAll(() => sandbox.close());

const idsOf = async (table: string) =>
  (
    await db.query<{ id: string }>(`select external_id as id from ${table} order by external_id`)
  ).map(({ id }) => id);

describe('retention', () => {
  it('is off at first, and refuses what are no months', async () => {
    const { id } = workspace.tenant;
    expect(await deleteOutdated(id)).toEqual({ deleted: {}, isComplete: true });
    await expect(setRetention(id, { leadMonths: 0, noteMonths: null })).rejects.toMatchObject({
      code: 'bad_request',
    });
  });

  it('shows what the next run would delete, without saving anything', async () => {
    const { id } = workspace.tenant;
    const { next } = await getRetention(id, { leadMonths: 24, noteMonths: null });
    // The second lead was contacted a month ago, and the fourth has no date.
    expect(next).toEqual({ notes: 1, scheduled_activities: 0, leads: 1 });
    expect(await getRetention(id)).toMatchObject({ leadMonths: null, next: {} });
  });

  it('deletes untouched leads with their notes, and old notes', async () => {
    const { id } = workspace.tenant;
    await setRetention(id, { leadMonths: 24, noteMonths: 36 });
    const { next } = await getRetention(id);
    expect(next).toEqual({ notes: 2, scheduled_activities: 0, leads: 1 });
    const { deleted } = await deleteOutdated(id);
    expect(deleted).toEqual({ notes: 2, leads: 1 });
    expect(await idsOf('leads')).toEqual(['2', '3', '4']);
    expect(await idsOf('notes')).toEqual(['12']);
    expect(await idsOf('opportunities')).toEqual(['1']);
    const [event] = await db.query(
      `select after from audit_events where action = 'retention.applied'`,
    );
    expect(event).toEqual({ after: { notes: 2, leads: 1 } });
  });

  it('lets nothing come back with the next sync or a replay, and keeps sums exact', async () => {
    expect(await syncAll(workspace)).toMatchObject({ status: 'success', recordsUpdated: 0 });
    const counted = await readContents(db);
    expect((await replay(workspace)).status).toBe('success');
    expect(await readContents(db)).toEqual(counted);
    expect(await idsOf('leads')).toEqual(['2', '3', '4']);
    expect(await idsOf('notes')).toEqual(['12']);
  });

  it('stores later responses without what it deleted', async () => {
    const bodies = await db.query<{ compressed: Buffer }>(
      `select compressed from raw_bodies b where exists (select from raw_snapshots s
         where s.sha256 = b.sha256 and s.stream = 'clients'
           and s.received_at = (select max(received_at) from raw_snapshots where stream = 'clients'))`,
    );
    const text = bodies.map(({ compressed }) => inflateSync(compressed).toString()).join('');
    expect(text).not.toContain('lead1@example.com');
    expect(text).toContain('lead2@example.com');
  });

  it('stores a lead anew that was touched again', async () => {
    sandbox.clienttether.mutate('one', {
      changes: [{ op: 'update', kind: 'clients', id: '1', row: dated(0) }],
    });
    await syncAll(workspace);
    expect(await idsOf('leads')).toEqual(['1', '2', '3', '4']);
    expect(await deleteOutdated(workspace.tenant.id)).toMatchObject({ deleted: {} });
  });
});
