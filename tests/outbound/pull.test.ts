import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { createUser } from '#lib/identity/auth/users.ts';
import { softDelete } from '#lib/entities/upsert.ts';
import { recordPendingPulls } from '#lib/ingest/pushed-copies.ts';
import { pullBack } from '#lib/outbound/pull/pull.ts';
import { conflictDigest, resolveAll, resolveConflict } from '#lib/outbound/pull/resolve.ts';
import { recountRollups } from '#lib/ingest/recount.ts';
import { refreshDerived } from '#lib/ingest/derived.ts';
import { replayConnection } from '#lib/ingest/replay/run.ts';
import { withTenant } from '#lib/identity/tenancy/with-tenant.ts';
import { useDatabase } from '../helpers/database.ts';
import { expectExactRollups } from '../helpers/truth.ts';
import {
  addLeads,
  drain,
  eventsOf,
  org,
  push,
  pushOf,
  pushStage,
  there,
  truth,
  type GivenLead,
  type PushStage,
} from './stage.ts';
import { syncAndPull } from '../helpers/sync.ts';

const db = useDatabase();
let sandbox: Sandbox;
let stage: PushStage;
let person: string;

beforeAll(async () => {
  sandbox = await startSandbox({
    accounts: [],
    partners: [],
    orgs: [org],
    now: Date.UTC(2026, 10, 20),
  });
  stage = await pushStage(db, sandbox);
  person = (
    await createUser({
      email: 'ann@push.test',
      password: 'correct horse battery',
      tenantSlug: stage.slug,
      role: 'admin',
      name: 'Ann Admin',
    })
  ).user.id;
});
afterAll(() => sandbox.close(0));

/** A lead of ours that is in the CRM, whose copy was read back. */
async function pushed(given: GivenLead = {}): Promise<{ leadId: string; remoteId: string }> {
  const [leadId = ''] = await addLeads(stage, [given]);
  await withTenant(stage.tenantId, (tx) => recountRollups(tx, 'lead', stage.tenantId));
  await push(stage, [leadId]);
  await readBack();
  const { remoteId } = await pushOf(stage, leadId);
  return { leadId, remoteId: remoteId ?? '' };
}

async function readBack(): Promise<void> {
  const report = await syncAndPull(stage);
  expect(report.errorMessage).toBeNull();
}

const change = (id: string, row: Record<string, string | number | null>) =>
  there(stage, [{ op: 'update', kind: 'lead', id, row }]);
const leadRow = async (leadId: string) =>
  (
    await db.query<Record<string, unknown>>(
      `select name, company, phone, email, deal_value::float8 as value, push_state as shown,
         mirror_of as mirror
       from leads
       where id = $1`,
      [leadId],
    )
  )[0];
const copyOf = async (remoteId: string) =>
  (
    await db.query<{ id: string; mirror: string | null; deleted: boolean }>(
      `select id, mirror_of as mirror, deleted_at is not null as deleted
       from leads
       where connection_id = $1 and external_id = $2`,
      [stage.connectionId, remoteId],
    )
  )[0];
const open = (leadId: string) =>
  db.query<{
    id: string;
    field: string;
    ours: string | null;
    theirs: string | null;
    base: string | null;
  }>(
    `select c.id, c.field, c.ours, c.theirs, c.base
     from push_conflicts c
     join pushes p on p.id = c.push_id
     where p.lead_id = $1 and c.resolved_at is null
     order by c.field`,
    [leadId],
  );
const ofThere = (remoteId: string) =>
  truth(stage, 'lead').find((row) => row['leadid'] === remoteId);
const ourChange = (leadId: string, company: string) =>
  db.query('update leads set company = $2 where id = $1', [leadId, company]);
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
      const gone = await softDelete(tx, 'lead', origin, sql`id = ${leadId}`, new Date());
      await refreshDerived(tx, 'lead', stage.tenantId, gone);
      await recordPendingPulls(tx, origin, 'lead', gone);
    });
    expect(await marks()).toEqual([{ lead_id: leadId }]);
    await readBack();
    expect(await copyOf(remoteId)).toMatchObject({ mirror: null });
    await expectExactRollups(db);
    await db.query('update leads set deleted_at = null where id = $1', [leadId]);
    await withTenant(stage.tenantId, (tx) => recountRollups(tx, 'lead', stage.tenantId));
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
    await withTenant(other.tenantId, (tx) => recountRollups(tx, 'lead', other.tenantId));
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
    expect(await pullBack(stage)).toMatchObject({ pulled: 1 });
    expect([await marks(), (await leadRow(leadId))?.['phone']]).toEqual([[], '+1 555 0111']);
    expect(await pullBack(stage)).toEqual({ waits: 0, nothing: 0, pulled: 0, due: 0, conflict: 0 });
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

describe('what both sides changed', () => {
  async function conflict(theirs: string, ours: string) {
    const given = await pushed();
    change(given.remoteId, { companyname: theirs });
    await ourChange(given.leadId, ours);
    await readBack();
    return given;
  }

  it('waits for a person, with both values and what was agreed on', async () => {
    const { leadId } = await conflict('Theirs Inc', 'Ours Ltd');
    expect(await open(leadId)).toMatchObject([
      {
        field: 'companyname',
        ours: 'Ours Ltd',
        theirs: 'Theirs Inc',
        base: expect.stringMatching(/^Company /) as string,
      },
    ]);
    expect(await pushOf(stage, leadId)).toMatchObject({ state: 'conflict', shown: 'conflict' });
    expect((await leadRow(leadId))?.['company']).toBe('Ours Ltd');
  });

  it('is decided for theirs, twice without harm, and not the other way afterwards', async () => {
    const { leadId } = await conflict('Theirs Inc', 'Ours Ltd');
    const [row] = await open(leadId);
    await Promise.all(
      [1, 2].map(() => resolveConflict(stage.tenantId, row?.id ?? '', 'theirs', person)),
    );
    expect([(await leadRow(leadId))?.['company'], await open(leadId)]).toEqual(['Theirs Inc', []]);
    expect((await eventsOf(stage, leadId)).filter(({ step }) => step === 'resolved')).toHaveLength(
      1,
    );
    await drain(stage);
    expect(await pushOf(stage, leadId)).toMatchObject({ state: 'synced', shown: 'synced' });
    await expect(resolveConflict(stage.tenantId, row?.id ?? '', 'ours', person)).rejects.toThrow(
      'was decided the other way by Ann Admin',
    );
    await expectExactRollups(db);
  });

  it('is decided for ours, which is written there', async () => {
    const { leadId, remoteId } = await conflict('Theirs Inc', 'Ours Ltd');
    const [row] = await open(leadId);
    await resolveConflict(
      stage.tenantId,
      row?.id ?? '',
      'ours',
      person,
      row && conflictDigest(row),
    );
    expect(await pushOf(stage, leadId)).toMatchObject({ state: 'pending' });
    await drain(stage);
    expect([ofThere(remoteId)?.['companyname'], (await pushOf(stage, leadId)).state]).toEqual([
      'Ours Ltd',
      'synced',
    ]);
    await readBack();
    expect([await open(leadId), (await leadRow(leadId))?.['company']]).toEqual([[], 'Ours Ltd']);
  });

  it('is not decided on values that changed since, whichever side did', async () => {
    const { leadId, remoteId } = await conflict('Theirs Inc', 'Ours Ltd');
    const [first] = await open(leadId);
    const seen = first && conflictDigest(first);
    await ourChange(leadId, 'Ours AG');
    await expect(
      resolveConflict(stage.tenantId, first?.id ?? '', 'ours', person, seen),
    ).rejects.toThrow('changed again');
    change(remoteId, { companyname: 'Theirs GmbH' });
    await readBack();
    const [now] = await open(leadId);
    expect(now).toMatchObject({ id: first?.id, ours: 'Ours AG', theirs: 'Theirs GmbH' });
    await expect(
      resolveAll(
        stage.tenantId,
        (await db.query<{ id: string }>('select id from pushes where lead_id = $1', [leadId]))[0]
          ?.id ?? '',
        'theirs',
        person,
        'another',
      ),
    ).rejects.toThrow('changed again');
    await resolveConflict(
      stage.tenantId,
      now?.id ?? '',
      'theirs',
      person,
      now && conflictDigest(now),
    );
    expect((await leadRow(leadId))?.['company']).toBe('Theirs GmbH');
  });

  it('settles itself when they take theirs back, and belongs to one workspace', async () => {
    const { leadId, remoteId } = await conflict('Theirs Inc', 'Ours Ltd');
    const [row] = await open(leadId);
    const other = await pushStage(db, sandbox);
    await expect(resolveConflict(other.tenantId, row?.id ?? '', 'theirs', person)).rejects.toThrow(
      'no such conflict',
    );
    change(remoteId, { companyname: row?.base ?? '' });
    await readBack();
    expect(await open(leadId)).toEqual([]);
    await drain(stage);
    expect([ofThere(remoteId)?.['companyname'], (await pushOf(stage, leadId)).state]).toEqual([
      'Ours Ltd',
      'synced',
    ]);
  });
});

describe('a record that is deleted there', () => {
  it('is made again when a person says so, and left deleted when they do not', async () => {
    const [again, left] = [await pushed(), await pushed()];
    there(
      stage,
      [again, left].map(({ remoteId: id }) => ({
        op: 'delete' as const,
        kind: 'lead' as const,
        id,
      })),
    );
    await readBack();
    for (const { leadId } of [again, left])
      expect(await open(leadId)).toMatchObject([{ field: '@lead', theirs: 'deleted' }]);
    await resolveConflict(stage.tenantId, (await open(again.leadId))[0]?.id ?? '', 'ours', person);
    await resolveConflict(stage.tenantId, (await open(left.leadId))[0]?.id ?? '', 'theirs', person);
    expect(await pushOf(stage, left.leadId)).toMatchObject({
      state: 'synced',
      shown: null,
      remoteId: null,
    });
    await drain(stage);
    expect(await pushOf(stage, again.leadId)).toMatchObject({ state: 'synced', shown: 'synced' });
    const mine = (leadId: string) =>
      truth(stage, 'lead').filter((row) => row['hnt_leadid'] === leadId).length;
    expect([mine(again.leadId), mine(left.leadId)]).toEqual([1, 0]);
    await readBack();
    expect([await open(again.leadId), await open(left.leadId)]).toEqual([[], []]);
    await expectExactRollups(db);
  });
});
