import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { pullChanges } from '#lib/outbound/pull/pull.ts';
import { recountSummaries } from '#lib/ingest/recount.ts';
import { applyDeletion } from '#lib/ingest/apply.ts';
import { replayConnection } from '#lib/ingest/replay/run.ts';
import { withTenant } from '#lib/identity/tenancy/with-tenant.ts';
import { expectExactRollups } from '../helpers/truth.ts';
import { addLeads, drain, eventsOf, push, pushOf, pushStage, there } from './stage.ts';
import {
  db,
  sandbox,
  stage,
  pushed,
  readBack,
  change,
  leadRow,
  open,
  ofThere,
  ourChange,
} from './pull-stage.ts';

const copyOf = async (remoteId: string) =>
  (
    await db.query<{ id: string; mirror: string | null; deleted: boolean }>(
      `select id, mirror_of as mirror, deleted_at is not null as deleted
       from leads
       where connection_id = $1 and external_id = $2`,
      [stage.connectionId, remoteId],
    )
  )[0];
const marks = () =>
  db.query('select lead_id from push_pulls where tenant_id = $1', [stage.tenantId]);

describe('a pushed lead that comes back', () => {
  it('is hidden and counted nowhere, and the echo of our own write is nothing', async () => {
    const { leadId, remoteId } = await pushed();
    expect(await copyOf(remoteId)).toMatchObject({ mirror: leadId, deleted: false });
    await expectExactRollups(db);
    expect((await eventsOf(stage, leadId)).map(({ step }) => step)).not.toContain('pulled');
    expect([await marks(), await open(leadId)]).toEqual([[], []]);
    await ourChange(leadId, 'Ours Ltd');
    await push(stage, [leadId]);
    await readBack();
    expect([
      await open(leadId),
      (await pushOf(stage, leadId)).state,
      (await leadRow(leadId))?.['company'],
    ]).toEqual([[], 'synced', 'Ours Ltd']);
  });

  it('is shown again once no push backs it or its lead is gone, then hidden again', async () => {
    const { leadId, remoteId } = await pushed();
    await withTenant(stage.tenantId, async (tx) => {
      const origin = { tenantId: stage.tenantId, connectionId: stage.sourceId, stream: 'clients' };
      await applyDeletion(tx, origin, 'lead', sql`id = ${leadId}`, new Date());
    });
    expect(await marks()).toEqual([{ lead_id: leadId }]);
    await readBack();
    expect(await copyOf(remoteId)).toMatchObject({ mirror: null });
    await expectExactRollups(db);
    await db.query('update leads set deleted_at = null where id = $1', [leadId]);
    await withTenant(stage.tenantId, (tx) => recountSummaries(tx, 'lead', stage.tenantId));
    change(remoteId, { jobtitle: 'Director' });
    await readBack();
    expect(await copyOf(remoteId)).toMatchObject({ mirror: leadId });
    await expectExactRollups(db);
    await db.query('delete from pushes where lead_id = $1', [leadId]);
    change(remoteId, { jobtitle: 'Head' });
    await readBack();
    expect(await copyOf(remoteId)).toMatchObject({ mirror: null });
    await expectExactRollups(db);
  });

  it('is not hidden for a foreign id, and is known by its own where it says nothing', async () => {
    const other = await pushStage(db, sandbox);
    const [foreign = ''] = await addLeads(other, [{}]);
    await withTenant(other.tenantId, (tx) => recountSummaries(tx, 'lead', other.tenantId));
    const [id = ''] = there(stage, [
      {
        op: 'add',
        kind: 'lead',
        row: { subject: 'Somebody', lastname: 'Else', hnt_leadid: foreign },
      },
    ]);
    const { leadId, remoteId } = await pushed();
    change(remoteId, { hnt_leadid: null });
    await readBack();
    expect([(await copyOf(id))?.mirror, (await copyOf(remoteId))?.mirror]).toEqual([null, leadId]);
    await expectExactRollups(db);
  });
});

describe('what people change there', () => {
  it('comes to our lead once when only they changed it, and holds against its source', async () => {
    const { leadId, remoteId } = await pushed();
    change(remoteId, { telephone1: '+1 555 0199', lastname: 'King', estimatedamount: 4200.5 });
    await readBack();
    expect(await leadRow(leadId)).toMatchObject({
      phone: '+1 555 0199',
      name: 'Ada King',
      value: 4200.5,
    });
    const kept = await db.query(
      `select field, value, source_value as source
       from lead_overrides
       where lead_id = $1
       order by field`,
      [leadId],
    );
    expect(kept).toEqual([
      { field: 'dealValue', value: '4200.50', source: '1200.00' },
      { field: 'firstName', value: 'Ada', source: null },
      { field: 'lastName', value: 'King', source: null },
      { field: 'name', value: 'Ada King', source: 'Ada Lovelace' },
      { field: 'phone', value: '+1 555 0199', source: '+1 555 0100' },
    ]);
    expect((await eventsOf(stage, leadId)).filter(({ step }) => step === 'pulled')).toHaveLength(1);
    expect((await pushOf(stage, leadId)).base).toMatchObject({
      telephone1: '+1 555 0199',
      lastname: 'King',
      estimatedamount: 4200.5,
    });
    await push(stage, [leadId]);
    await readBack();
    expect(ofThere(remoteId)).toMatchObject({
      telephone1: '+1 555 0199',
      lastname: 'King',
      estimatedamount: 4200.5,
    });
    expect((await eventsOf(stage, leadId)).filter(({ step }) => step === 'pulled')).toHaveLength(1);
    await expectExactRollups(db);
  });

  it('is written over where ours wins', async () => {
    const { leadId, remoteId } = await pushed({ domain: 'ours.example' });
    change(remoteId, { hnt_domain: 'theirs.example' });
    await readBack();
    expect(await pushOf(stage, leadId)).toMatchObject({ state: 'pending' });
    await drain(stage);
    expect([ofThere(remoteId)?.['hnt_domain'], (await pushOf(stage, leadId)).state]).toEqual([
      'ours.example',
      'synced',
    ]);
  });

  it('waits while the lead is in a worker’s hands, and is not lost', async () => {
    const { leadId, remoteId } = await pushed();
    await db.query(`update pushes set lease_until = now() + interval '1 hour' where lead_id = $1`, [
      leadId,
    ]);
    change(remoteId, { telephone1: '+1 555 0111' });
    await readBack();
    expect([await marks(), (await leadRow(leadId))?.['phone']]).toEqual([
      [{ lead_id: leadId }],
      '+1 555 0100',
    ]);
    await db.query('update pushes set lease_until = null where lead_id = $1', [leadId]);
    expect(await pullChanges(stage)).toMatchObject({ pulled: 1 });
    expect([await marks(), (await leadRow(leadId))?.['phone']]).toEqual([[], '+1 555 0111']);
    expect(await pullChanges(stage)).toEqual({
      waits: 0,
      nothing: 0,
      pulled: 0,
      due: 0,
      conflict: 0,
    });
  });
});

describe('a replay', () => {
  it('of either side leaves copies hidden and what came back in place', async () => {
    const { leadId, remoteId } = await pushed();
    change(remoteId, { telephone1: '+1 555 0177' });
    await readBack();
    const report = await replayConnection({
      tenantId: stage.tenantId,
      connectionId: stage.connectionId,
      trigger: 'replay',
      stream: 'leads',
    });
    expect(report).toMatchObject({ status: 'success', streams: [{ inserted: 0, changed: 0 }] });
    expect([
      (await copyOf(remoteId))?.mirror,
      (await leadRow(leadId))?.['phone'],
      await marks(),
    ]).toEqual([leadId, '+1 555 0177', []]);
    await expectExactRollups(db);
  });
});
