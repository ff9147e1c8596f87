import { afterAll, beforeAll, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { enqueueDuePushes } from '#lib/outbound/push/due.ts';
import { changeLead, lockLead, lockStreams } from '#lib/outbound/pull/change-lead.ts';
import { pullChanges } from '#lib/outbound/pull/pull.ts';
import { recountSummaries } from '#lib/ingest/recount.ts';
import { withTenant } from '#lib/identity/tenancy/with-tenant.ts';
import { useDatabase } from '../helpers/database.ts';
import { expectExactRollups } from '../helpers/truth.ts';
import {
  addLeads,
  drain,
  org,
  push,
  pushStage,
  slice,
  there,
  truth,
  type PushStage,
} from '../outbound/stage.ts';
import { syncAndPull } from '../helpers/sync.ts';

/**
 * Both sides change while pushes, syncs and pulls run at once: in the end they say the same, and
 * nothing is left to do.
 */
const db = useDatabase();
const size = 40;
const rounds = 6;
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

const sync = () => syncAndPull(stage);
const rows = () =>
  db.query<{ id: string; remoteId: string; city: string | null; phone: string | null }>(
    `select l.id, p.remote_id as "remoteId", l.city, l.phone
     from leads l
     join pushes p on p.lead_id = l.id
     where l.tenant_id = $1`,
    [stage.tenantId],
  );

function changeHere(leadId: string, city: string): Promise<void> {
  return withTenant(stage.tenantId, async (tx) => {
    await lockStreams(tx, stage.tenantId, [{ connectionId: stage.sourceId, stream: 'clients' }]);
    const lead = await lockLead(tx, stage.tenantId, leadId);
    if (lead !== undefined)
      await changeLead(tx, lead, { city }, { connectionId: null, by: null, timeZone: 'UTC' });
  });
}

it('converges', { timeout: 600_000 }, async () => {
  const ids = await addLeads(
    stage,
    Array.from({ length: size }, () => ({})),
  );
  await withTenant(stage.tenantId, (tx) => recountSummaries(tx, 'lead', stage.tenantId));
  await push(stage, ids);
  await sync();
  for (let round = 0; round < rounds; round += 1) {
    const known = await rows();
    const some = (share: number) =>
      known.filter((_row, index) => (index * 7 + round * 3) % 10 < share);
    await Promise.all([
      (async () => {
        for (const { id } of some(4)) await changeHere(id, `City ${round}`);
        await enqueueDuePushes();
        await slice(stage);
      })(),
      (async () => {
        for (const { remoteId } of some(7))
          there(stage, [
            {
              op: 'update',
              kind: 'lead',
              id: remoteId,
              row: { telephone1: `+1 555 ${round}${remoteId.slice(0, 3)}` },
            },
          ]);
        await sync();
        await pullChanges(stage);
      })(),
      slice(stage),
      pullChanges(stage),
    ]);
  }
  for (let turn = 0; turn < 3; turn += 1) {
    await enqueueDuePushes();
    await drain(stage);
    await sync();
  }
  const remote = new Map(truth(stage, 'lead').map((row) => [row['leadid'], row]));
  for (const { id, remoteId, city, phone } of await rows())
    expect([
      id,
      remote.get(remoteId)?.['address1_city'] ?? null,
      remote.get(remoteId)?.['telephone1'],
    ]).toEqual([id, city, phone]);
  expect(await db.query('select * from push_pulls')).toEqual([]);
  expect(await db.query('select c.field, c.ours, c.theirs, c.base from push_conflicts c')).toEqual(
    [],
  );
  expect(await db.query('select state, count(*)::int as count from pushes group by 1')).toEqual([
    { state: 'synced', count: size },
  ]);
  expect(
    await db.query('select count(*)::int as count from leads where mirror_of is not null'),
  ).toEqual([{ count: size }]);
  await expectExactRollups(db);
});
