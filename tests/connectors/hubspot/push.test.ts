import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { closeQueue } from '#lib/jobs/queue.ts';
import { OUR_KEY } from '#lib/connectors/hubspot/our-key.ts';
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
import { portalSpec } from './harness.ts';
import { hubSpotStage, pushedPortal } from './push-stage.ts';

const db = useDatabase();
/** How long searches take to find a change. */
const DELAY = 1_800_000;
let sandbox: Sandbox;
let stage: PushStage;

beforeAll(async () => {
  sandbox = await startSandbox({
    accounts: [],
    partners: [],
    orgs: [],
    portals: [pushedPortal({ searchDelayMs: DELAY })],
  });
  stage = await hubSpotStage(db, sandbox);
});
afterEach(() => {
  sandbox.faults.disarm();
  delete sandbox.hubspot.account('portal').spec.denied;
});
afterAll(async () => {
  await sandbox.close(0);
  await closeQueue();
});

interface Contact {
  id: string;
  properties: Record<string, string | null>;
}
const contacts = () =>
  (sandbox.hubspot.truth('portal', 'contacts')['contacts'] ?? []) as unknown as Contact[];
const contactsOf = (leadId: string | undefined) =>
  contacts().filter(({ properties }) => properties[OUR_KEY] === leadId);
const change = (id: string, properties: Record<string, string>) =>
  sandbox.hubspot.mutate('portal', {
    changes: [{ op: 'update', kind: 'contacts', id, properties }],
  });

async function one(given: Parameters<typeof addLeads>[1][number] = {}): Promise<string> {
  const [leadId = ''] = await addLeads(stage, [given]);
  return leadId;
}

describe('a lead in HubSpot', () => {
  it('is a contact with what the mapping says, under the id of ours', async () => {
    const leadId = await one({
      name: 'Ada Lovelace',
      company: 'Globex',
      domain: 'globex.example',
      email: 'ada@globex.example',
      score: 82,
      segment: 'Migration',
    });
    expect(await push(stage, [leadId])).toMatchObject({ synced: 1, failed: 0, conflict: 0 });
    const [made] = contactsOf(leadId);
    expect(made?.properties).toMatchObject({
      firstname: 'Ada',
      lastname: 'Lovelace',
      company: 'Globex',
      email: 'ada@globex.example',
      website: 'https://globex.example',
      lifecyclestage: 'lead',
      tributary_score: '82',
      tributary_segment: 'Migration',
    });
    expect(await pushOf(stage, leadId)).toMatchObject({ state: 'synced', remoteId: made?.id });
    const told = JSON.stringify(await eventsOf(stage, leadId));
    for (const personal of ['Lovelace', 'Ada', 'ada@', 'Globex'])
      expect(told).not.toContain(personal);
  });

  it('is sent nothing when nothing changed, and only what changed when something did', async () => {
    const leadId = await one({ score: 40 });
    await push(stage, [leadId]);
    expect(await push(stage, [leadId])).toMatchObject({ unchanged: 1 });
    await db.query('update leads set score = 71 where id = $1', [leadId]);
    expect(await push(stage, [leadId])).toMatchObject({ synced: 1 });
    const written = (await eventsOf(stage, leadId)).filter(({ method }) => method === 'PATCH');
    expect(written.map(({ request }) => request)).toEqual([
      { properties: { tributary_score: '71' } },
    ]);
  });

  it('is one, however often the answers to its creation are lost', async () => {
    const ids = await addLeads(
      stage,
      Array.from({ length: 25 }, (_, n) => (n % 2 === 0 ? {} : { email: null })),
    );
    sandbox.faults.arm({
      kind: 'fail_after_effect',
      endpoint: 'POST crm/v3/objects/:type/batch/upsert',
      probability: 0.6,
      seed: 'lost answers',
    });
    sandbox.faults.arm({ kind: 'cut', provider: 'hubspot', probability: 0.05, seed: 'cuts' });
    await ask(stage, ids);
    await drain(stage);
    sandbox.faults.disarm();
    await push(stage, ids);
    expect(ids.map((id) => contactsOf(id).length)).toEqual(ids.map(() => 1));
    const states = await Promise.all(ids.map(async (id) => (await pushOf(stage, id)).state));
    expect(new Set(states)).toEqual(new Set(['synced']));
  });

  it('that somebody else has just created is taken over by its e-mail address', async () => {
    const [id] = sandbox.hubspot.mutate('portal', {
      changes: [
        {
          op: 'add',
          kind: 'contacts',
          properties: { lastname: 'Lumbergh', email: 'bill@initech.example' },
        },
      ],
    }).ids;
    const leadId = await one({
      name: 'Bill Lumbergh',
      domain: 'initech.example',
      email: 'Bill@initech.example',
      score: 66,
    });
    await push(stage, [leadId]);
    expect((await pushOf(stage, leadId)).remoteId).toBe(id);
    expect(contacts().filter((row) => row.id === id)).toMatchObject([
      { properties: { firstname: 'Bill', tributary_score: '66', lifecyclestage: 'lead' } },
    ]);
  });

  it('comes back with what people changed there, and is not shown as another lead', async () => {
    const leadId = await one({ phone: '+1 555 0100' });
    await push(stage, [leadId]);
    const { remoteId } = await pushOf(stage, leadId);
    sandbox.clock.shift(2_000);
    expect((await syncAndPull(stage)).errorMessage).toBeNull();
    change(remoteId ?? '', { phone: '+1 555 0199', lifecyclestage: 'customer' });
    sandbox.clock.shift(2 * DELAY);
    expect((await syncAndPull(stage)).errorMessage).toBeNull();
    expect(await db.query('select phone from leads where id = $1', [leadId])).toEqual([
      { phone: '+1 555 0199' },
    ]);
    expect(
      await db.query(
        `select mirror_of from leads
         where connection_id = $1 and external_id = $2 and deleted_at is null`,
        [stage.connectionId, remoteId],
      ),
    ).toEqual([{ mirror_of: leadId }]);
    await db.query('update leads set score = 12 where id = $1', [leadId]);
    await push(stage, [leadId]);
    expect(contactsOf(leadId)).toMatchObject([
      { properties: { lifecyclestage: 'customer', tributary_score: '12' } },
    ]);
  });

  it('that was archived is for a person to decide', async () => {
    const leadId = await one();
    await push(stage, [leadId]);
    const { remoteId } = await pushOf(stage, leadId);
    sandbox.hubspot.mutate('portal', {
      changes: [{ op: 'archive', kind: 'contacts', id: remoteId ?? '' }],
    });
    await db.query('update leads set score = 60 where id = $1', [leadId]);
    expect(await push(stage, [leadId])).toMatchObject({ conflict: 1 });
    expect((await pushOf(stage, leadId)).error).toContain('deleted in HubSpot');
  });
});

describe('a push that cannot be', () => {
  it('says which scope the application lacks', async () => {
    sandbox.hubspot.account('portal').spec.denied = ['crm.objects.contacts.write'];
    const leadId = await one();
    expect(await push(stage, [leadId])).toMatchObject({ failed: 1 });
    expect((await pushOf(stage, leadId)).error).toContain('crm.objects.contacts.write');
    expect(contactsOf(leadId)).toEqual([]);
  });

  it('says which property a value does not fit', async () => {
    const leadId = await one({ email: 'not an address' });
    expect(await push(stage, [leadId])).toMatchObject({ failed: 1 });
    const { error } = await pushOf(stage, leadId);
    expect(error).toContain('It mentions the property "email"');
    expect(error).not.toContain('not an address');
  });

  it('says that another contact has the e-mail address', async () => {
    const [first, second] = await addLeads(stage, [{}, {}]);
    await push(stage, [first ?? '', second ?? '']);
    const taken = contactsOf(first)[0]?.properties['email'];
    await db.query('update leads set email = $2 where id = $1', [second, taken]);
    expect(await push(stage, [second ?? ''])).toMatchObject({ failed: 1 });
    expect((await pushOf(stage, second)).error).toContain('Another contact in HubSpot');
  });

  it('says which property the account has to have', async () => {
    const plain = await startSandbox({
      accounts: [],
      partners: [],
      orgs: [],
      portals: [portalSpec()],
    });
    const bare = await hubSpotStage(db, plain);
    const [leadId = ''] = await addLeads(bare, [{}]);
    await ask(bare, [leadId]);
    expect((await slice(bare)).tally).toMatchObject({ synced: 0, failed: 0 });
    expect(await pushOf(bare, leadId)).toMatchObject({
      state: 'pending',
      attempts: 0,
      error: expect.stringContaining(`no property ${OUR_KEY}`) as string,
    });
    await plain.close(0);
  });
});
