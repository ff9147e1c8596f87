import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { closeQueue } from '#lib/jobs/queue.ts';
import { OUR_KEY } from '#lib/connectors/salesforce/our-key.ts';
import { startSandbox, type Sandbox } from '../../../sandbox/index.ts';
import { useDatabase } from '../../helpers/database.ts';
import { syncAndPull } from '../../helpers/sync.ts';
import {
  addLeads,
  ask,
  drain,
  eventsOf,
  push,
  pushOf,
  slice,
  type PushStage,
} from '../../outbound/stage.ts';
import { orgSpec } from './harness.ts';
import { salesforceStage } from './push-stage.ts';

const db = useDatabase();
let sandbox: Sandbox;
let stage: PushStage;

beforeAll(async () => {
  sandbox = await startSandbox({
    accounts: [],
    partners: [],
    orgs: [],
    salesforce: [orgSpec({ quota: 1_000_000 })],
  });
  stage = await salesforceStage(db, sandbox);
});
afterEach(() => {
  sandbox.faults.disarm();
  const { spec } = sandbox.salesforce.org('org');
  delete spec.duplicateRule;
  delete spec.readOnly;
});
afterAll(async () => {
  await sandbox.close(0);
  await closeQueue();
});

const leads = () => sandbox.salesforce.truth('org', 'Lead')['Lead'] ?? [];
const leadsOf = (leadId: string | undefined) => leads().filter((row) => row[OUR_KEY] === leadId);
const change = (id: string, row: Record<string, string>) =>
  sandbox.salesforce.mutate('org', { changes: [{ op: 'update', kind: 'Lead', id, row }] });
/** Salesforce keeps times to the second. */
const pass = () => sandbox.clock.shift(2_000);

async function one(given: Parameters<typeof addLeads>[1][number] = {}): Promise<string> {
  const [leadId = ''] = await addLeads(stage, [given]);
  return leadId;
}

describe('a lead in Salesforce', () => {
  it('is created with what the mapping says, under the id of ours', async () => {
    const leadId = await one({
      name: 'Ada Lovelace',
      company: 'Globex',
      domain: 'globex.example',
      email: 'ada@globex.example',
      score: 82,
      segment: 'Migration',
    });
    expect(await push(stage, [leadId])).toMatchObject({ synced: 1, failed: 0, conflict: 0 });
    const [made] = leadsOf(leadId);
    expect(made).toMatchObject({
      FirstName: 'Ada',
      LastName: 'Lovelace',
      Company: 'Globex',
      Email: 'ada@globex.example',
      Website: 'https://globex.example',
      Tributary_Score__c: 82,
      Tributary_Segment__c: 'Migration',
    });
    expect(await pushOf(stage, leadId)).toMatchObject({
      state: 'synced',
      remoteId: made?.['Id'],
      remoteIds: {},
    });
    expect(sandbox.salesforce.truth('org', 'Account')['Account']).toEqual([]);
    const told = JSON.stringify(await eventsOf(stage, leadId));
    for (const personal of ['Lovelace', 'Ada', 'ada@', 'Globex'])
      expect(told).not.toContain(personal);
  });

  it('is sent nothing when nothing changed, and only what changed when something did', async () => {
    const leadId = await one({ score: 40 });
    await push(stage, [leadId]);
    expect(await push(stage, [leadId])).toMatchObject({ unchanged: 1 });
    pass();
    await db.query('update leads set score = 71 where id = $1', [leadId]);
    expect(await push(stage, [leadId])).toMatchObject({ synced: 1 });
    const written = (await eventsOf(stage, leadId)).filter(({ method }) => method === 'PATCH');
    expect(written.map(({ request }) => request)).toEqual([{ Tributary_Score__c: 71 }]);
    expect(leadsOf(leadId)).toMatchObject([{ Tributary_Score__c: 71 }]);
  });

  it('is one, however often the answers to its creation are lost', async () => {
    const ids = await addLeads(
      stage,
      Array.from({ length: 25 }, () => ({})),
    );
    sandbox.faults.arm({
      kind: 'fail_after_effect',
      endpoint: 'POST services/data/:version/sobjects/:object',
      probability: 0.6,
      seed: 'lost answers',
    });
    sandbox.faults.arm({ kind: 'cut', provider: 'salesforce', probability: 0.05, seed: 'cuts' });
    await ask(stage, ids);
    await drain(stage);
    sandbox.faults.disarm();
    await push(stage, ids);
    expect(ids.map((id) => leadsOf(id).length)).toEqual(ids.map(() => 1));
    const states = await Promise.all(ids.map(async (id) => (await pushOf(stage, id)).state));
    expect(new Set(states)).toEqual(new Set(['synced']));
  });

  it('that somebody else created is taken over by its e-mail address', async () => {
    const row = { LastName: 'Lumbergh', Company: 'Initech', Email: 'bill@initech.example' };
    const [id] = sandbox.salesforce.mutate('org', {
      changes: [{ op: 'add', kind: 'Lead', row }],
    }).ids;
    const leadId = await one({
      name: 'Bill Lumbergh',
      company: 'Initech',
      domain: 'initech.example',
      email: 'bill@initech.example',
      score: 66,
    });
    expect(await push(stage, [leadId])).toMatchObject({ synced: 1 });
    expect((await pushOf(stage, leadId)).remoteId).toBe(id);
    expect(leads().filter(({ Company }) => Company === 'Initech')).toMatchObject([
      { Id: id, FirstName: 'Bill', Tributary_Score__c: 66 },
    ]);
  });

  it('of somebody without a company is their own', async () => {
    const leadId = await one({ name: 'Ana Lima', company: null, domain: null });
    expect(await push(stage, [leadId])).toMatchObject({ synced: 1 });
    expect(leadsOf(leadId)).toMatchObject([{ LastName: 'Lima', Company: 'Ana Lima' }]);
  });

  it('that was converted stays as it is', async () => {
    const leadId = await one({ score: 50 });
    await push(stage, [leadId]);
    const { remoteId } = await pushOf(stage, leadId);
    sandbox.salesforce.mutate('org', {
      changes: [{ op: 'convert', kind: 'Lead', id: remoteId ?? '' }],
    });
    await db.query('update leads set score = 60 where id = $1', [leadId]);
    expect(await push(stage, [leadId])).toMatchObject({ synced: 1 });
    expect((await eventsOf(stage, leadId)).at(-1)?.message).toBe(
      'The lead is converted in Salesforce and cannot be changed there any more.',
    );
    expect(leadsOf(leadId)).toMatchObject([{ Tributary_Score__c: 50 }]);
  });

  it('that was deleted is for a person to decide', async () => {
    const leadId = await one();
    await push(stage, [leadId]);
    const { remoteId } = await pushOf(stage, leadId);
    sandbox.salesforce.mutate('org', {
      changes: [{ op: 'delete', kind: 'Lead', id: remoteId ?? '' }],
    });
    await db.query('update leads set score = 60 where id = $1', [leadId]);
    expect(await push(stage, [leadId])).toMatchObject({ conflict: 1 });
    expect((await pushOf(stage, leadId)).error).toContain('deleted in Salesforce');
  });

  it('that a rule takes for a duplicate is for a person to decide', async () => {
    const row = { LastName: 'Doe', Company: 'Twin', Email: 'twin@twin.example' };
    sandbox.salesforce.mutate('org', { changes: [{ op: 'add', kind: 'Lead', row }] });
    const first = await one({ email: 'twin@twin.example', domain: 'twin.example' });
    await push(stage, [first]);
    sandbox.salesforce.org('org').spec.duplicateRule = 'block';
    const second = await one({ email: 'twin@twin.example', domain: 'twin.example' });
    expect(await push(stage, [second])).toMatchObject({ conflict: 1, failed: 0 });
    expect((await pushOf(stage, second)).error).toContain('takes another record for the same lead');
    expect(leadsOf(second)).toEqual([]);
    sandbox.salesforce.org('org').spec.duplicateRule = 'alert';
    expect(await push(stage, [second])).toMatchObject({ synced: 1 });
  });

  it('comes back with what people changed there, and is not shown as another lead', async () => {
    const leadId = await one({ phone: '+1 555 0100' });
    await push(stage, [leadId]);
    const { remoteId } = await pushOf(stage, leadId);
    pass();
    expect((await syncAndPull(stage)).errorMessage).toBeNull();
    pass();
    change(remoteId ?? '', { Phone: '+1 555 0199' });
    pass();
    expect((await syncAndPull(stage)).errorMessage).toBeNull();
    expect(await db.query('select phone from leads where id = $1', [leadId])).toEqual([
      { phone: '+1 555 0199' },
    ]);
    expect(
      await db.query('select mirror_of from leads where connection_id = $1 and external_id = $2', [
        stage.connectionId,
        remoteId,
      ]),
    ).toEqual([{ mirror_of: leadId }]);
  });
});

describe('a push that cannot be', () => {
  it('says what the user of the connection lacks', async () => {
    sandbox.salesforce.org('org').spec.readOnly = true;
    const leadId = await one();
    expect(await push(stage, [leadId])).toMatchObject({ failed: 1 });
    expect((await pushOf(stage, leadId)).error).toContain('does not allow the user');
    expect(leadsOf(leadId)).toEqual([]);
  });

  it('says which field the organisation has to have', async () => {
    const plain = await startSandbox({
      accounts: [],
      partners: [],
      orgs: [],
      salesforce: [orgSpec({ customFields: false })],
    });
    const bare = await salesforceStage(db, plain);
    const [leadId = ''] = await addLeads(bare, [{}]);
    await ask(bare, [leadId]);
    expect((await slice(bare)).tally).toMatchObject({ synced: 0, failed: 0 });
    expect(await pushOf(bare, leadId)).toMatchObject({
      state: 'pending',
      attempts: 0,
      error: expect.stringContaining(`no field ${OUR_KEY}`) as string,
    });
    await plain.close(0);
  });
});
