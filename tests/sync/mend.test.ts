import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { rowsAccount, startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { createUser } from '../../src/lib/auth/users.ts';
import type { Actor } from '../../src/lib/dead-letters/actor.ts';
import { correctRecord, recordForEditing } from '../../src/lib/dead-letters/records/correct.ts';
import { discardRecord } from '../../src/lib/dead-letters/records/discard.ts';
import { retryGroup, retryRecord, retrySlice } from '../../src/lib/dead-letters/records/retry.ts';
import { updateSettings } from '../../src/lib/connections/connections.ts';
import { closeQueue } from '../../src/lib/queue.ts';
import { syncConnection } from '../../src/lib/sync/connection.ts';
import { useDatabase } from '../helpers/database.ts';
import { client, opportunity } from '../helpers/rows.ts';
import { expectBalancedBooks, expectExactRollups } from '../helpers/truth.ts';
import { createWorkspace, type Workspace } from '../helpers/workspace.ts';

const db = useDatabase();
let sandbox: Sandbox;
let workspace: Workspace;
let actor: Actor;
let number = 0;

const rows = { clients: Array.from({ length: 40 }, (_, index) => client(1 + index)), opportunities: [opportunity(1)] };

beforeEach(async () => {
  sandbox = await startSandbox({ accounts: [rowsAccount({ name: 'rows', webKey: 'CT_rows', accessToken: 'token-rows', rows })], now: Date.UTC(2026, 10, 20) });
  number += 1;
  workspace = await createWorkspace(sandbox, 'rows', `rows-${number}`, { pageSize: 30 });
  const { user } = await createUser({ email: `admin-${number}@mend.test`, name: 'Ana Diaz', tenantSlug: `rows-${number}`, role: 'admin' });
  actor = { tenantId: workspace.tenant.id, userId: user.id };
});
afterEach(() => sandbox.close());
afterAll(async () => {
  await closeQueue();
  await expectBalancedBooks(db);
  await expectExactRollups(db);
});

const sync = () => syncConnection({ tenantId: workspace.tenant.id, connectionId: workspace.connection.id, trigger: 'cli' });
const poison = (poison: 'nul' | 'bad_date' | 'missing_id', count = 1) => (sandbox.clienttether.poison('rows', { kind: 'clients', poison, count }) as { ids: string[] }).ids;
const change = (id: string, row: Record<string, unknown>) => sandbox.clienttether.mutate('rows', { changes: [{ op: 'update', kind: 'clients', id, row }] });

interface Row {
  id: string;
  item_key: string;
  kind: string;
  reason: string;
  item_digest: string;
  attempts: number;
  resolution: string | null;
  resolved_by: string | null;
  note: string | null;
  correction: unknown;
  payload: string;
}
const errors = () => db.query<Row>(`select * from record_errors where tenant_id = $1 order by id`, [workspace.tenant.id]);
const error = async () => (await errors())[0] as Row;
const leadOf = async (id: string) => (await db.query(`select name, email, source_created_at, raw_json as raw from leads where tenant_id = $1 and external_id = $2 and deleted_at is null`, [workspace.tenant.id, id]))[0];
const edited = async (id: string, change: (text: string) => string) => {
  const { text, digest } = await recordForEditing(actor, id);
  return { text: change(text ?? ''), digest };
};

describe('a rejected item', () => {
  it.each([['bad_date', 'created'], ['nul', 'characters'], ['missing_id', 'no_id']] as const)('with %s is of the kind "%s"', async (name, kind) => {
    poison(name);
    expect((await sync()).status).toBe('partial');
    const row = await error();
    expect(row).toMatchObject({ kind, attempts: 1, resolution: null });
    expect(row.item_digest).toMatch(/^[0-9a-f]{64}$/);
    await sync();
    expect(await error()).toMatchObject({ attempts: 2, item_digest: row.item_digest });
  });

  it('leaves the list as accepted when the source mends it', async () => {
    const [id = ''] = poison('bad_date');
    await sync();
    change(id, { created: '2026-03-01 10:00:00' });
    expect((await sync()).status).toBe('success');
    expect(await error()).toMatchObject({ resolution: 'accepted', resolved_by: null });
  });
});

describe('a discarded item', () => {
  it('does not come back, is still in the books, and makes the next sync green', async () => {
    poison('bad_date');
    await sync();
    await discardRecord(actor, (await error()).id, '  A test entry of ours ');
    const report = await sync();
    expect(report.status).toBe('success');
    expect(report.streams.find(({ stream }) => stream === 'clients')).toMatchObject({ rejected: 1 });
    expect(await error()).toMatchObject({ resolution: 'discarded', resolved_by: actor.userId, note: 'A test entry of ours', attempts: 2 });
  });

  it('opens again when the source changes it and it still cannot be read', async () => {
    const [id = ''] = poison('bad_date');
    await sync();
    await discardRecord(actor, (await error()).id, 'Not needed');
    change(id, { firstName: 'Changed' });
    expect((await sync()).status).toBe('partial');
    expect(await error()).toMatchObject({ resolution: null, resolved_by: null, note: null });
  });

  it('needs a reason', async () => {
    poison('bad_date');
    await sync();
    await expect(discardRecord(actor, (await error()).id, '  ')).rejects.toMatchObject({ code: 'bad_request', details: { fields: { note: expect.stringContaining('why') as string } } });
  });
});

describe('a correction', () => {
  it('brings the record in at once, with the true values of all that was left masked, and holds after the next sync', async () => {
    const [id = ''] = poison('bad_date');
    change(id, { firstName: 'Abigail', email: 'abigail@example.com' });
    await sync();
    const { id: errorId } = await error();
    const { text } = await recordForEditing(actor, errorId);
    expect(text).not.toContain('Abigail');
    expect(text).not.toContain('abigail@');
    await correctRecord(actor, errorId, await edited(errorId, (shown) => shown.replace('2026-02-31 25:61:00', '2026-02-28 09:30:00')));
    const corrected = { name: expect.stringContaining('Abigail') as string, email: 'abigail@example.com', source_created_at: new Date('2026-02-28T09:30:00Z'), raw: { created: '2026-02-28 09:30:00', firstName: 'Abigail' } };
    expect(await leadOf(id)).toMatchObject(corrected);
    expect(await error()).toMatchObject({ resolution: 'corrected', resolved_by: actor.userId, correction: { created: '2026-02-28 09:30:00' } });
    const report = await sync();
    expect(report).toMatchObject({ status: 'success', recordsUpdated: 0 });
    expect(report.streams.find(({ stream }) => stream === 'clients')).toMatchObject({ rejected: 0 });
    expect(await leadOf(id)).toMatchObject(corrected);
    expect(await error()).toMatchObject({ resolution: 'corrected' });
    await expectExactRollups(db);
  });

  it('falls when the source changes the item', async () => {
    const [id = ''] = poison('bad_date');
    await sync();
    const { id: errorId } = await error();
    await correctRecord(actor, errorId, await edited(errorId, (shown) => shown.replace('2026-02-31 25:61:00', '2026-02-28 09:30:00')));
    change(id, { compName: 'Another company' });
    expect((await sync()).status).toBe('partial');
    expect(await error()).toMatchObject({ resolution: null, correction: null, kind: 'created' });
    change(id, { created: '2026-03-05 10:00:00' });
    expect((await sync()).status).toBe('success');
    expect(await leadOf(id)).toMatchObject({ source_created_at: new Date('2026-03-05T10:00:00Z') });
  });

  it('may give an id to an item that has none: it is not taken for gone afterwards', async () => {
    poison('missing_id');
    await sync();
    const { id: errorId } = await error();
    await correctRecord(actor, errorId, await edited(errorId, (shown) => shown.replace('"client_id": false', '"client_id": "77001"')));
    expect(await leadOf('77001')).toBeDefined();
    expect(await sync()).toMatchObject({ status: 'success', recordsUpdated: 0 });
    expect(await leadOf('77001')).toBeDefined();
  });

  it('is refused with the reason when it does not help, changes the id, is no JSON, or was made for an older item', async () => {
    const [id = ''] = poison('bad_date');
    await sync();
    const { id: errorId } = await error();
    const attempt = async (change: (text: string) => string) => correctRecord(actor, errorId, await edited(errorId, change)).then(() => 'accepted', (problem: Error) => problem.message);
    expect(await attempt((text) => text)).toMatch(/^It still cannot be read\. The date in "created"/);
    expect(await attempt((text) => text.replace(`"${id}"`, '"4711"'))).toMatch(/id of a record cannot be changed/);
    expect(await attempt((text) => text.slice(2))).toMatch(/^This is not JSON/);
    expect(await attempt((text) => text.replace('"firstName": "', '"firstName": "x'))).toMatch(/Write it in full/);
    const stale = await edited(errorId, (text) => text.replace('2026-02-31 25:61:00', '2026-02-28 09:30:00'));
    change(id, { city: 'Denver' });
    await sync();
    await expect(correctRecord(actor, errorId, stale)).rejects.toThrow('sent this record anew');
    expect(await error()).toMatchObject({ resolution: null, correction: null });
    expect(await leadOf(id)).toBeUndefined();
  });
});

describe('a retry', () => {
  it('reads the kept answer with the settings of today, without a call', async () => {
    const [id = ''] = poison('bad_date');
    await sync();
    const { id: errorId } = await error();
    expect(await retryRecord(actor, errorId)).toBe(false);
    expect(await error()).toMatchObject({ attempts: 2, resolution: null });
    // What an adapter that reads such dates would find.
    await db.query(`update record_errors set correction = '{"created":"2026-01-01"}' where id = $1`, [errorId]);
    sandbox.faults.arm({ kind: 'down' });
    expect(await retryRecord(actor, errorId)).toBe(true);
    expect(await leadOf(id)).toBeDefined();
    expect(await error()).toMatchObject({ resolution: 'corrected', resolved_by: actor.userId });
    await expectExactRollups(db);
  });

  it('leaves alone what a later answer has brought', async () => {
    const [id = ''] = poison('bad_date');
    await sync();
    const before = await error();
    change(id, { created: '2026-03-05 10:00:00', city: 'Newer' });
    await sync();
    await db.query(`update record_errors set resolved_at = null, resolution = null, correction = '{"created":"2026-01-01","city":"Older"}' where id = $1`, [before.id]);
    expect(await retryRecord(actor, before.id)).toBe(true);
    expect(await leadOf(id)).toMatchObject({ raw: { city: 'Newer' } });
  });

  it('says so when the answer is damaged or gone', async () => {
    poison('bad_date');
    await sync();
    const { id: errorId } = await error();
    await db.query(`update raw_bodies set compressed = '\\x00' where tenant_id = $1`, [workspace.tenant.id]);
    await expect(retryRecord(actor, errorId)).rejects.toThrow('is not kept any more, or cannot be read');
    expect(await recordForEditing(actor, errorId)).toMatchObject({ text: null });
    await db.query(`delete from raw_snapshots where tenant_id = $1`, [workspace.tenant.id]);
    await expect(retryRecord(actor, errorId)).rejects.toThrow('is not kept any more');
    expect(await error()).toMatchObject({ attempts: 1, resolution: null });
  });

  it('of a kind does few at once, and many in slices that go on where they stopped', async () => {
    poison('bad_date', 30);
    poison('nul', 2);
    await sync();
    const group = { connectionId: workspace.connection.id, stream: 'clients', kind: 'created' };
    expect(await retryGroup(actor, group)).toEqual({ accepted: 0, rejected: 30, unreadable: 0 });
    await db.query(`update record_errors set correction = '{"created":"2026-01-01"}' where tenant_id = $1 and kind = 'created'`, [workspace.tenant.id]);
    expect(await retryGroup(actor, group)).toEqual({ accepted: 30, rejected: 0, unreadable: 0 });
    await expect(retryGroup(actor, group)).rejects.toThrow('No record of this kind');
    expect((await errors()).filter(({ resolution }) => resolution === null).map(({ kind }) => kind)).toEqual(['characters', 'characters']);
    await expectExactRollups(db);
  });

  it('of hundreds is a job; a second one of the same is a conflict', async () => {
    poison('bad_date', 450);
    await sync();
    const group = { connectionId: workspace.connection.id, stream: 'clients', kind: 'created' };
    expect(await retryGroup(actor, group)).toBeUndefined();
    await expect(retryGroup(actor, group)).rejects.toThrow('being tried again already');
    await db.query(`update record_errors set correction = '{"created":"2026-01-01"}' where tenant_id = $1`, [workspace.tenant.id]);
    const open = async () => (await errors()).filter(({ resolution }) => resolution === null).length;
    const payload = { tenantId: workspace.tenant.id, ...group, after: null, requestedBy: actor.userId };
    const after = await retrySlice(payload, () => true);
    expect(await open()).toBe(250);
    expect(await retrySlice({ ...payload, after }, () => false)).toBeNull();
    expect(await open()).toBe(0);
    await expectExactRollups(db);
  });

  it('and a sync take turns: whatever happens first, the books and the rows agree', async () => {
    poison('bad_date', 20);
    await sync();
    await db.query(`update record_errors set correction = '{"created":"2026-01-01"}' where tenant_id = $1`, [workspace.tenant.id]);
    const ids = (await errors()).map(({ id }) => id);
    const [report] = await Promise.all([sync(), ...ids.map((id) => retryRecord(actor, id).catch(() => false))]);
    expect(report.status).toBe('success');
    expect((await errors()).filter(({ resolution }) => resolution === null)).toEqual([]);
    const [live] = await db.query(`select count(*)::int as live from leads where tenant_id = $1 and deleted_at is null`, [workspace.tenant.id]);
    expect(live).toEqual({ live: 60 });
    await expectExactRollups(db);
  });

  it('follows what people changed in the settings', async () => {
    const [id = ''] = poison('bad_date');
    await sync();
    await updateSettings(workspace.tenant.id, workspace.connection.id, { ...(workspace.connection.settings as object), sourceAliases: { website: 'Our site' } });
    const { id: errorId } = await error();
    await correctRecord(actor, errorId, await edited(errorId, (shown) => shown.replace('2026-02-31 25:61:00', '2026-02-28').replace(/"clients_lead_source": "[^"]*"/, '"clients_lead_source": "Website"')));
    expect((await db.query(`select source from leads where tenant_id = $1 and external_id = $2`, [workspace.tenant.id, id]))[0]).toEqual({ source: 'Our site' });
  });
});

describe('two people at once', () => {
  it('are told apart: one decision counts, the other person is told whose', async () => {
    poison('bad_date');
    await sync();
    const { id } = await error();
    const outcomes = await Promise.allSettled([discardRecord(actor, id, 'One reason'), discardRecord(actor, id, 'Another reason')]);
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    const refused = outcomes.find((outcome) => outcome.status === 'rejected');
    expect(refused?.reason).toMatchObject({ code: 'conflict', message: expect.stringContaining('was discarded by Ana Diaz in the meantime') as string });
    await expect(retryRecord(actor, id)).rejects.toMatchObject({ code: 'conflict' });
    await expect(recordForEditing(actor, id)).rejects.toMatchObject({ code: 'conflict' });
  });

  it('of different workspaces never meet: a foreign record is an absent one', async () => {
    poison('bad_date');
    await sync();
    const { id } = await error();
    const other = await createWorkspace(sandbox, 'rows', `other-${number}`);
    const foreigner = { tenantId: other.tenant.id, userId: null };
    const attempts = [
      () => retryRecord(foreigner, id), () => discardRecord(foreigner, id, 'Mine'), () => recordForEditing(foreigner, id),
      () => correctRecord(foreigner, id, { text: '{}', digest: '' }), () => retryRecord(actor, 'no-id'),
    ];
    for (const attempt of attempts) await expect(attempt()).rejects.toMatchObject({ code: 'not_found' });
    await expect(retryGroup(foreigner, { connectionId: workspace.connection.id, stream: 'clients', kind: 'created' })).rejects.toMatchObject({ code: 'conflict' });
    expect(await error()).toMatchObject({ attempts: 1, resolution: null });
  });
});
