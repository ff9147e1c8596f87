import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { syncConnection } from '#lib/ingest/sync-connection.ts';
import { verifyBodies } from '#lib/ingest/snapshots/verify.ts';
import { findPerson } from '#lib/privacy/erasure/find.ts';
import { getErasure, liftErasure } from '#lib/privacy/erasure/receipts.ts';
import { requestErasure } from '#lib/privacy/erasure/request.ts';
import { runErasure } from '#lib/privacy/erasure/run.ts';
import { useDatabase } from '../helpers/database.ts';
import { allowForLoad } from '../helpers/patience.ts';
import { readContents, replay } from '../helpers/replay.ts';
import { addTraces, findTraces, openStage, person, syncAll, type PrivacyStage } from './stage.ts';

allowForLoad();
const db = useDatabase();
let stage: PrivacyStage;
let before: { one: number; other: string[] };
let erasureId: string;

beforeAll(async () => {
  stage = await openStage();
  await addTraces(db, stage.one);
  await addTraces(db, stage.other);
  const { one, other } = stage;
  before = {
    one: (await findTraces(db, one.tenant.id)).length,
    other: await findTraces(db, other.tenant.id),
  };
});
afterAll(() => stage.sandbox.close());

const rowsOf = (table: string) =>
  db.query<{ external_id: string; name: string | null; deleted_at: Date | null }>(
    `select external_id, ${table === 'notes' ? 'content as name' : 'name'}, deleted_at from ${table}
     where tenant_id = $1 order by external_id`,
    [stage.one.tenant.id],
  );

/** Every summary equals what a count of its rows gives. */
async function expectExactSummaries(): Promise<void> {
  const counted = await readContents(db);
  await replay(stage.one);
  await replay(stage.other);
  expect(await readContents(db)).toEqual(counted);
}

describe('the erasure of a person', () => {
  it('shows first what there is of the person', async () => {
    const found = await findPerson(stage.one.tenant.id, { email: person.email });
    expect(found.records.map(({ name }) => name)).toEqual([person.name]);
    expect(found.counts).toMatchObject({
      leads: 1,
      notes: 1,
      activities: 2,
      opportunities: 1,
      referrals: 1,
      pushes: 1,
    });
    expect(before.one).toBeGreaterThan(20);
  });

  it('finds the person by telephone number and by id as well', async () => {
    const { id } = stage.one.tenant;
    const byPhone = await findPerson(id, { phone: '+1 (303) 555 0187' });
    expect(byPhone.identifiers.emails).toEqual([person.email]);
    const record = byPhone.records[0]?.id;
    const byId = await findPerson(id, { record });
    expect(byId.records).toEqual(byPhone.records);
    await expect(findPerson(id, { phone: '12' })).rejects.toMatchObject({ code: 'bad_request' });
    await expect(findPerson(id, {})).rejects.toMatchObject({ code: 'bad_request' });
  });

  it('leaves no trace in any column of any table', async () => {
    const { id } = stage.one.tenant;
    erasureId = await requestErasure(id, { email: person.email }, { runsHere: true });
    expect(await runErasure(id, erasureId)).toBe(true);
    expect(await findTraces(db, id)).toEqual([]);
    expect((await verifyBodies(id)).damagedBodies).toBe(0);
  });

  it('keeps the deals and the other people, without the person in them', async () => {
    expect(await rowsOf('leads')).toMatchObject([{ external_id: '2' }, { external_id: '3' }]);
    expect(await rowsOf('opportunities')).toMatchObject([
      { external_id: '1', name: '[erased]', deleted_at: null },
      { external_id: '2' },
    ]);
    expect(await rowsOf('notes')).toMatchObject([
      { external_id: '12', name: 'Knows [erased] well' },
    ]);
    const [referral] = await db.query<{ name: string; deal_value: string }>(
      `select name, deal_value from referrals where name like 'Migration for%'`,
    );
    expect(referral).toEqual({ name: 'Migration for [erased]', deal_value: '12000.00' });
  });

  it('touches nothing of the same person in another workspace', async () => {
    expect(await findTraces(db, stage.other.tenant.id)).toEqual(before.other);
  });

  it('tells on a receipt what was done, without the person', async () => {
    const receipt = await getErasure(stage.one.tenant.id, erasureId);
    expect(receipt).toMatchObject({ state: 'done', requestedByName: 'system' });
    expect(receipt.removed).toMatchObject({ leads: 1, notes: 1, record_errors: 1 });
    expect(receipt.changed).toMatchObject({ opportunities: 1, referrals: 1, reports: 1, jobs: 1 });
  });

  it('holds after a replay and after the next sync, which says what it kept out', async () => {
    const { one, partnerId } = stage;
    expect((await replay(one)).status).toBe('success');
    expect(await findTraces(db, one.tenant.id)).toEqual([]);
    const report = await syncAll(one);
    expect(report).toMatchObject({ status: 'success', recordsUpdated: 0 });
    await syncConnection({ tenantId: one.tenant.id, connectionId: partnerId, trigger: 'cli' });
    expect(await findTraces(db, one.tenant.id)).toEqual([]);
    const { keptOut, keptOutAt } = await getErasure(one.tenant.id, erasureId);
    expect(keptOut).toBeGreaterThan(0);
    expect(keptOutAt).not.toBeNull();
  });

  it('leaves every summary exact', async () => {
    await expectExactSummaries();
  });

  it('changes nothing when it runs again', async () => {
    const { id } = stage.one.tenant;
    const { removed, changed } = await getErasure(id, erasureId);
    expect(await runErasure(id, erasureId)).toBe(true);
    expect(await getErasure(id, erasureId)).toMatchObject({ removed, changed });
  });

  it('lets the person in again when an admin lifts it', async () => {
    const { one } = stage;
    await liftErasure(one.tenant.id, erasureId);
    await expect(liftErasure(one.tenant.id, erasureId)).rejects.toMatchObject({
      code: 'conflict',
    });
    await syncAll(one);
    expect((await rowsOf('leads')).map(({ external_id }) => external_id)).toEqual(['1', '2', '3']);
  });
});
