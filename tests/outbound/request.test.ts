import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { requestPushes } from '#lib/outbound/push/request.ts';
import { requestPushesMatching } from '#lib/outbound/push/request-matching.ts';
import { requestMatchingSlice } from '#lib/outbound/push/request-matching.ts';
import { completePush } from '#lib/outbound/push/complete.ts';
import { claimPush, renewLease } from '#lib/outbound/push/lease.ts';
import { FencedError } from '#lib/platform/lease.ts';
import { setFeature } from '#lib/identity/features.ts';
import { useDatabase } from '../helpers/database.ts';
import { until } from '../helpers/processes.ts';
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

const db = useDatabase();
let sandbox: Sandbox;
let stage: PushStage;

beforeAll(async () => {
  sandbox = await startSandbox({
    accounts: [],
    partners: [],
    orgs: [org],
    now: Date.UTC(2026, 10, 20),
  });
  stage = await pushStage(db, sandbox);
});
afterAll(() => sandbox.close(0));

const leadOf = (on: PushStage, leadId: string | undefined) =>
  truth(on, 'lead').filter((row) => row['hnt_leadid'] === leadId);
const writes = () =>
  sandbox.log
    .entries()
    .filter(({ endpoint }) =>
      /^(PATCH|POST|DELETE) api\/data\/v9.2\/(lead|contact|account|opportunit)/.test(endpoint),
    ).length;
/** Whether the request that changes the lead has left: from then on its answer is waited for. */
const isSent = async (leadId: string) =>
  (await eventsOf(stage, leadId)).some(({ step, method }) => step === 'lead' && method === 'PATCH');
const one = async (on: PushStage, given: Parameters<typeof addLeads>[1][number] = {}) =>
  (await addLeads(on, [given]))[0] ?? '';

describe('a request', () => {
  it('is refused for what is absent, of another workspace, or there already', async () => {
    const other = await pushStage(db, sandbox);
    const foreign = await one(other);
    const [copy = '', own = ''] = await addLeads(stage, [{}, {}]);
    await db.query('update leads set mirror_of = $1 where id = $2', [own, copy]);
    const asked = await ask(stage, [own, foreign, copy, 'nonsense']);
    expect(asked).toMatchObject({ queued: 1, alreadyPending: 0 });
    expect(
      asked.refused.map(({ leadId, reason }) => [leadId, reason.slice(0, 22)]).toSorted(),
    ).toEqual(
      [
        [foreign, 'There is no such lead '],
        [copy, 'This lead is a copy of'],
        ['nonsense', 'There is no such lead '],
      ].toSorted(),
    );
    expect(await ask(stage, [own])).toMatchObject({ queued: 0, alreadyPending: 1 });
    await drain(stage);
    await setFeature(other.tenantId, 'crm-push', false, null);
    await expect(ask(other, [foreign])).rejects.toThrow('switched off');
    await expect(
      requestPushes(stage.tenantId, { connectionId: stage.sourceId, leadIds: [own] }, null),
    ).rejects.toThrow('no such connection');
  });

  it('comes to nothing when the lead is deleted meanwhile, and waits for nobody', async () => {
    const leadId = await one(stage);
    await ask(stage, [leadId]);
    await db.query('update leads set deleted_at = now() where id = $1', [leadId]);
    expect(await drain(stage)).toMatchObject({ failed: 1 });
    expect(
      await db.query('select 1 from dead_letters where tenant_id = $1', [stage.tenantId]),
    ).toEqual([]);
  });

  it('that comes while the lead is being sent leads to another send, of new values', async () => {
    const leadId = await one(stage, { phone: '+1 555 0001' });
    await ask(stage, [leadId]);
    const latency = sandbox.faults.arm({
      kind: 'latency',
      ms: 1_000,
      endpoint: 'PATCH api/data/v9.2/leads(:key)',
      next: 1,
    });
    const first = slice(stage);
    await until('the lead is being sent', () => isSent(leadId));
    await db.query(`update leads set phone = '+1 555 0002' where id = $1`, [leadId]);
    await ask(stage, [leadId]);
    await first;
    await drain(stage);
    sandbox.faults.disarm(latency);
    expect(leadOf(stage, leadId)).toMatchObject([{ telephone1: '+1 555 0002' }]);
    expect(await pushOf(stage, leadId)).toMatchObject({ state: 'synced' });
  });
});

describe('a filter', () => {
  it('is walked page by page, and asks for what it shows', async () => {
    const many = await pushStage(db, sandbox);
    const ids = await addLeads(
      many,
      Array.from({ length: 1_203 }, (_, n) => ({ segment: n % 3 === 0 ? 'Cold' : 'Migration' })),
    );
    await db.query('update leads set mirror_of = $1 where id = $2', [ids[1], ids[2]]);
    const payload = {
      tenantId: many.tenantId,
      connectionId: many.connectionId,
      query: 'segment=Migration',
      after: null,
      requestedBy: null,
    };
    const after = await requestMatchingSlice(payload, () => true);
    expect(after).toEqual(expect.any(String));
    expect(await requestMatchingSlice({ ...payload, after }, () => false)).toBeNull();
    expect(
      await db.query('select count(*)::int as count from pushes where tenant_id = $1', [
        many.tenantId,
      ]),
    ).toEqual([{ count: 801 }]);
    expect(
      await requestPushesMatching(
        many.tenantId,
        { connectionId: many.connectionId, query: '' },
        null,
      ),
    ).toBe(true);
    expect(
      await requestPushesMatching(
        many.tenantId,
        { connectionId: many.connectionId, query: '' },
        null,
      ),
    ).toBe(false);
  });
});

describe('a worker', () => {
  it('that lost its push writes nothing more, and the one that took it up goes on', async () => {
    const leadId = await one(stage);
    await ask(stage, [leadId]);
    const paused = await claimPush(stage);
    expect(await claimPush(stage)).toBeUndefined();
    await db.query(
      `update pushes
       set lease_until = now() - interval '1 second', due_at = now() - interval '1 second'
       where lead_id = $1`,
      [leadId],
    );
    expect(await drain(stage)).toMatchObject({ synced: 1 });
    if (paused === undefined) throw new Error('nothing was taken up');
    await expect(renewLease(paused, [])).rejects.toThrow(FencedError);
    await expect(
      completePush(
        paused,
        {
          kind: 'postponed',
          errorKind: null,
          message: null,
          until: new Date(),
          remoteId: null,
          remoteIds: {},
          made: {},
        },
        [],
      ),
    ).rejects.toThrow(FencedError);
    expect(await pushOf(stage, leadId)).toMatchObject({ state: 'synced' });
  });

  it('that is told to stop suspends its push, which does not count as an attempt', async () => {
    const leadId = await one(stage);
    await ask(stage, [leadId]);
    const stop = new AbortController();
    const latency = sandbox.faults.arm({
      kind: 'latency',
      ms: 5_000,
      endpoint: 'PATCH api/data/v9.2/leads(:key)',
    });
    const running = slice(stage, { signal: stop.signal });
    await until('the lead is being sent', () => isSent(leadId));
    stop.abort();
    await running;
    sandbox.faults.disarm(latency);
    expect(await pushOf(stage, leadId)).toMatchObject({ state: 'pending', attempts: 0 });
    await drain(stage);
    expect(leadOf(stage, leadId)).toHaveLength(1);
  });
});

it('waits with a reason while credentials are refused, and then goes on', async () => {
  const refused = await pushStage(db, sandbox);
  const leadId = await one(refused);
  await ask(refused, [leadId]);
  const fault = sandbox.faults.arm({
    kind: 'status',
    status: 401,
    endpoint: 'POST :tenant/oauth2/v2.0/token',
  });
  await slice(refused);
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
  expect(await drain(refused)).toMatchObject({ synced: 1 });
  expect(await pushOf(refused, leadId)).toMatchObject({ error: null });
  expect(
    await db.query('select status from connections where id = $1', [refused.connectionId]),
  ).toEqual([{ status: 'active' }]);
});

it('leaves a CRM alone that is down, and sends everything when it is back', async () => {
  const down = await pushStage(db, sandbox);
  const ids = await addLeads(
    down,
    Array.from({ length: 12 }, () => ({})),
  );
  await push(down, ids.slice(0, 1));
  await ask(down, ids.slice(1));
  const fault = sandbox.faults.arm({ kind: 'down', provider: 'dynamics-365' });
  for (let turn = 0; turn < 3; turn += 1) await slice(down);
  const [circuit] = await db.query('select state from circuits where tenant_id = $1', [
    down.tenantId,
  ]);
  expect(circuit).toMatchObject({ state: 'open' });
  sandbox.faults.disarm(fault);
  expect(await drain(down)).toMatchObject({ failed: 0 });
  expect(ids.map((id) => leadOf(down, id).length)).toEqual(ids.map(() => 1));
});

it('keeps no personal data in the audit log, and every write has its response there', async () => {
  const leadId = await one(stage, {
    name: 'Very Private',
    email: 'very.private@secretive.example',
    domain: 'secretive.example',
    phone: '+1 555 0456',
    company: 'Hidden Ltd',
  });
  const before = writes();
  await push(stage, [leadId]);
  const events = await eventsOf(stage, leadId);
  expect(JSON.stringify(events)).not.toMatch(/Private|very\.private|555 0456|Hidden/);
  expect(events.filter(({ method }) => method === 'PATCH')).toHaveLength(writes() - before);
  expect(events.filter(({ method, status }) => method !== null && status === null)).toEqual([]);
  expect(events.map(({ step }) => step)).toEqual(
    expect.arrayContaining(['requested', 'company', 'contact', 'lead', 'synced']) as string[],
  );
});
