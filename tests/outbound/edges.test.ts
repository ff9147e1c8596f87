import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { defaultMapping } from '#lib/connectors/dynamics-365/destination/default-mapping.ts';
import { saveMapping } from '#lib/mappings/store.ts';
import { enqueueDuePushes } from '#lib/outbound/push/due.ts';
import { prunePushEvents } from '#lib/outbound/push/prune.ts';
import { completePush } from '#lib/outbound/push/complete.ts';
import { claimPush } from '#lib/outbound/push/lease.ts';
import { useDatabase } from '../helpers/database.ts';
import {
  addLeads,
  ask,
  drain,
  eventsOf,
  forgetRefusal,
  org,
  push,
  pushOf,
  pushStage,
  slice,
  truth,
  type PushStage,
} from './stage.ts';
import { syncAndPull } from '../helpers/sync.ts';

const db = useDatabase();
/** An environment without our solution. */
const bare = {
  ...org,
  name: 'bare',
  clientId: 'bare-app',
  without: defaultMapping.map(({ target }) => target).filter((name) => name.startsWith('hnt_')),
  alternateKeys: false,
};
let sandbox: Sandbox;
let stage: PushStage;

beforeAll(async () => {
  sandbox = await startSandbox({
    accounts: [],
    partners: [],
    orgs: [org, bare],
    now: Date.UTC(2026, 10, 20),
  });
  stage = await pushStage(db, sandbox);
});
afterAll(() => sandbox.close(0));

const one = async (on: PushStage, given: Parameters<typeof addLeads>[1][number] = {}) =>
  (await addLeads(on, [given]))[0] ?? '';
const writesOf = async (on: PushStage, leadId: string) =>
  (await eventsOf(on, leadId)).filter(({ method }) => method === 'PATCH').length;

describe('a record of its own', () => {
  it('is not taken by another lead of its address while its response is lost', async () => {
    const plain = await pushStage(db, sandbox, { spec: bare });
    const [first = '', second = ''] = await addLeads(plain, [
      { domain: 'alike.example', email: 'one@alike.example' },
      { domain: 'alike.example', email: 'one@alike.example' },
    ]);
    await ask(plain, [first]);
    const fault = sandbox.faults.arm({
      kind: 'fail_after_effect',
      endpoint: 'PATCH api/data/v9.2/leads(:key)',
    });
    await slice(plain);
    sandbox.faults.disarm(fault);
    expect(truth(plain, 'lead')).toHaveLength(1);
    await db.query(`update pushes set due_at = now() + interval '1 hour' where lead_id = $1`, [
      first,
    ]);
    await ask(plain, [second]);
    await slice(plain);
    await db.query('update pushes set due_at = now() where lead_id = $1', [first]);
    expect(await drain(plain)).toMatchObject({ failed: 0, conflict: 0 });
    const ids = [(await pushOf(plain, first)).remoteId, (await pushOf(plain, second)).remoteId];
    expect(ids.toSorted()).toEqual(
      truth(plain, 'lead')
        .map((row) => row['leadid'])
        .toSorted(),
    );
    expect(new Set(ids).size).toBe(2);
  });
});

describe('a push that is suspended on its way', () => {
  it('remembers what it has made when it is told to slow down', async () => {
    const leadId = await one(stage);
    await ask(stage, [leadId]);
    const fault = sandbox.faults.arm({
      kind: 'rate_limited',
      retryAfter: '0',
      endpoint: 'GET api/data/v9.2/contacts',
    });
    await slice(stage);
    sandbox.faults.disarm(fault);
    const [account] = truth(stage, 'account').filter((row) =>
      String(row['websiteurl']).includes(leadId.slice(0, 8)),
    );
    expect(await pushOf(stage, leadId)).toMatchObject({
      state: 'pending',
      remoteIds: { company: account?.['accountid'] },
    });
    expect(await db.query('select made from pushes where lead_id = $1', [leadId])).toMatchObject([
      { made: { company: { id: account?.['accountid'] } } },
    ]);
    await drain(stage);
  });

  it('waits, and fails once for each try, while the credentials are refused', async () => {
    const refused = await pushStage(db, sandbox);
    const [known = '', leadId = ''] = await addLeads(refused, [{}, {}]);
    await push(refused, [known]);
    await ask(refused, [leadId]);
    const fault = sandbox.faults.arm({ kind: 'status', status: 401, provider: 'dynamics-365' });
    for (let turn = 0; turn < 4; turn += 1) {
      await db.query(
        'update pushes set due_at = now() where due_at is not null and tenant_id = $1',
        [refused.tenantId],
      );
      await slice(refused);
    }
    sandbox.faults.disarm(fault);
    expect(await pushOf(refused, leadId)).toMatchObject({
      state: 'pending',
      attempts: 0,
      error: expect.stringMatching(/\S/) as string,
    });
    expect(
      await db.query('select status from connections where id = $1', [refused.connectionId]),
    ).toEqual([{ status: 'needs_reconnect' }]);
    await forgetRefusal(refused);
    await db.query('update pushes set due_at = now() where due_at is not null and tenant_id = $1', [
      refused.tenantId,
    ]);
    expect(await drain(refused)).toMatchObject({ synced: 1 });
    expect(
      await db.query('select status from connections where id = $1', [refused.connectionId]),
    ).toEqual([{ status: 'active' }]);
  });

  it('and was asked for again meanwhile has all its tries before it', async () => {
    const leadId = await one(stage);
    await ask(stage, [leadId]);
    await db.query('update pushes set attempts = 2 where lead_id = $1', [leadId]);
    const held = await claimPush(stage);
    await ask(stage, [leadId]);
    if (held === undefined) throw new Error('nothing was taken up');
    await completePush(
      held,
      {
        kind: 'failed',
        errorKind: 'malformed',
        message: 'Refused.',
        retryAt: null,
        remoteId: null,
        remoteIds: {},
        made: {},
      },
      [],
    );
    expect(await pushOf(stage, leadId)).toMatchObject({ state: 'pending', attempts: 0 });
    await drain(stage);
  });
});

it('a lead that is named twice, in two spellings, is asked for once', async () => {
  const leadId = await one(stage);
  expect(await ask(stage, [leadId, leadId.toUpperCase()])).toMatchObject({
    queued: 1,
    alreadyPending: 0,
    refused: [],
  });
  await drain(stage);
});

it('a lead that turns out to be a copy of another before it was sent is not sent', async () => {
  const [leadId = '', own = ''] = await addLeads(stage, [{}, {}]);
  await ask(stage, [leadId]);
  await db.query('update leads set mirror_of = $1 where id = $2', [own, leadId]);
  expect(await drain(stage)).toMatchObject({ synced: 0, failed: 1 });
  expect(truth(stage, 'lead').filter((row) => row['hnt_leadid'] === leadId)).toEqual([]);
});

it('a value that the CRM rewrites is sent once, and is no change of theirs then', async () => {
  const forms = await pushStage(db, sandbox);
  await saveMapping(
    forms.tenantId,
    forms.connectionId,
    [
      ...defaultMapping,
      {
        role: 'lead',
        target: 'estimatedclosedate',
        sources: ['scoredAt'],
        steps: [],
        rule: 'ours',
      },
    ],
    0,
    null,
  );
  const leadId = await one(forms, { domain: 'forms.example' });
  await db.query(
    `insert into company_domains (tenant_id, domain, scored_at)
     values ($1, 'forms.example', '2026-11-20T10:00:00.5Z')`,
    [forms.tenantId],
  );
  await push(forms, [leadId]);
  const readBack = () =>
    syncAndPull({ tenantId: forms.tenantId, connectionId: forms.connectionId });
  await readBack();
  const before = await writesOf(forms, leadId);
  expect(await pushOf(forms, leadId)).toMatchObject({ state: 'synced' });
  await db.query(`update leads set phone = '+1 555 0345' where id = $1`, [leadId]);
  await push(forms, [leadId]);
  await readBack();
  expect(await pushOf(forms, leadId)).toMatchObject({ state: 'synced' });
  expect(await writesOf(forms, leadId)).toBe(before + 1);
});

it("the audit log is kept for as long as raw responses are, people's decisions for good", async () => {
  const leadId = await one(stage);
  await push(stage, [leadId]);
  const [{ id: pushId = '' } = {}] = await db.query<{ id: string }>(
    'select id from pushes where lead_id = $1',
    [leadId],
  );
  const before = await eventsOf(stage, leadId);
  const old = (id: string, step: string) =>
    db.query(
      `insert into push_events (tenant_id, id, push_id, created_at, attempt, step, outcome)
       values ($1, $2, $3, now() - interval '100 days', 1, $4, 'note')`,
      [stage.tenantId, id, pushId, step],
    );
  const made = (Date.now() - 100 * 86_400_000).toString(16).padStart(12, '0');
  for (const [n, step] of ['requested', 'lead', 'resolved', 'synced'].entries())
    await old(`${made.slice(0, 8)}-${made.slice(8)}-7000-8000-00000000000${n}`, step);
  expect(await prunePushEvents(stage.tenantId, () => true)).toBe(false);
  expect(await prunePushEvents(stage.tenantId)).toBe(true);
  expect((await eventsOf(stage, leadId)).map(({ step }) => step)).toEqual([
    'resolved',
    ...before.map(({ step }) => step),
  ]);
});

it('no worker is woken for a connection that is paused, until it is resumed', async () => {
  const paused = await pushStage(db, sandbox);
  await ask(paused, [await one(paused)]);
  const before = await enqueueDuePushes();
  await db.query(`update connections set status = 'paused' where id = $1`, [paused.connectionId]);
  expect(await enqueueDuePushes()).toBe(before - 1);
  await db.query(`update connections set status = 'active' where id = $1`, [paused.connectionId]);
  expect(await drain(paused)).toMatchObject({ synced: 1 });
});
