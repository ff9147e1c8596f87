import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { retryJob } from '#lib/jobs/failed/decide.ts';
import { defaultMapping } from '#lib/connectors/dynamics-365/destination/default-mapping.ts';
import { wakeDuePushes } from '#lib/outbound/push/due.ts';
import { useDatabase } from '../helpers/database.ts';
import {
  addLeads,
  ask,
  drain,
  eventsOf,
  org,
  push,
  pushOf,
  pushStage,
  slice,
  there,
  truth,
  type PushStage,
} from './stage.ts';

const db = useDatabase();
/** An environment without our solution, and one that finds duplicates by telephone. */
const bare = {
  ...org,
  name: 'bare',
  clientId: 'bare-app',
  without: defaultMapping.map(({ target }) => target).filter((name) => name.startsWith('hnt_')),
  alternateKeys: false,
};
const strict = {
  ...org,
  name: 'strict',
  clientId: 'strict-app',
  duplicateColumns: ['telephone1'],
  duplicateStatus: 500 as const,
};
let sandbox: Sandbox;
let stage: PushStage;

beforeAll(async () => {
  sandbox = await startSandbox({
    accounts: [],
    partners: [],
    orgs: [org, bare, strict],
    now: Date.UTC(2026, 10, 20),
  });
  stage = await pushStage(db, sandbox);
});
afterAll(() => sandbox.close(0));

type Row = Record<string, unknown>;
const leadOf = (on: PushStage, leadId: string | undefined) =>
  truth(on, 'lead').filter((row) => row['hnt_leadid'] === leadId);
const by = (on: PushStage, kind: string, column: string, value: unknown) =>
  truth(on, kind).filter((row) => row[column] === value);
const one = async (on: PushStage, given: Parameters<typeof addLeads>[1][number] = {}) =>
  (await addLeads(on, [given]))[0] ?? '';

describe('a lead that is pushed', () => {
  it('is made with account, contact and opportunity, linked, options by label', async () => {
    const leadId = await one(stage, {
      name: 'Ada Lovelace',
      company: 'Globex',
      domain: 'globex.example',
      email: 'ada@globex.example',
      score: 88,
      segment: 'Migration',
      priority: 1,
      dealValue: 1200,
    });
    await db.query(
      `insert into company_domains (tenant_id, domain, azure_tenant_id, scored_at)
       values ($1, 'globex.example', 'f2a3b0c4-0000-4000-8000-000000000001',
         '2026-11-20T10:00:00.5Z')`,
      [stage.tenantId],
    );
    expect(await push(stage, [leadId])).toMatchObject({ synced: 1, failed: 0, retried: 0 });
    const [lead = {}] = leadOf(stage, leadId);
    const label = (name: string) => lead[`${name}@OData.Community.Display.V1.FormattedValue`];
    expect(lead).toMatchObject({
      subject: 'Globex: Ada Lovelace',
      firstname: 'Ada',
      lastname: 'Lovelace',
      companyname: 'Globex',
      emailaddress1: 'ada@globex.example',
      websiteurl: 'https://globex.example',
      hnt_finalscore: 88,
      hnt_priorityscore: 1,
      hnt_prioritycategory: 'P1',
      hnt_prioritylabel: 'Migrate now',
      hnt_m365fitscore: 88,
      hnt_domain: 'globex.example',
      hnt_azuretenantid: 'f2a3b0c4-0000-4000-8000-000000000001',
      hnt_lastscoredon: '2026-11-20T10:00:00Z',
      hnt_ispartnercenterreferral: false,
    });
    expect(
      [
        'hnt_segment',
        'hnt_technicalheat',
        'hnt_commercialsegment',
        'hnt_commercialheat',
        'hnt_source',
        'hnt_processingstatus',
        'leadsourcecode',
      ].map(label),
    ).toEqual(['Migration', 'Hot', 'GREENFIELD', 'High', 'Import', 'Completed', 'Partner']);
    const [account = {}] = by(stage, 'account', 'websiteurl', 'https://globex.example');
    const [contact = {}] = by(stage, 'contact', 'emailaddress1', 'ada@globex.example');
    const [opportunity = {}] = by(stage, 'opportunity', '_originatingleadid_value', lead['leadid']);
    expect(lead).toMatchObject({
      _parentaccountid_value: account['accountid'],
      _parentcontactid_value: contact['contactid'],
    });
    expect(contact).toMatchObject({ _parentcustomerid_value: account['accountid'] });
    expect(opportunity).toMatchObject({
      salesstage: 2,
      estimatedvalue: 1200,
      _customerid_value: account['accountid'],
      _parentcontactid_value: contact['contactid'],
    });
    expect(await pushOf(stage, leadId)).toMatchObject({
      state: 'synced',
      shown: 'synced',
      attempts: 0,
      remoteId: lead['leadid'],
      dueAt: null,
      remoteIds: {
        account: account['accountid'],
        contact: contact['contactid'],
        opportunity: opportunity['opportunityid'],
      },
    });
  });

  it('maps all 24 fields of the solution', () => {
    expect(
      defaultMapping.filter(({ target, table }) => target.startsWith('hnt_') && table === 'lead'),
    ).toHaveLength(24);
  });

  it('sends nothing when nothing changed, and only what changed when something did', async () => {
    const leadId = await one(stage, { score: 60 });
    await push(stage, [leadId]);
    sandbox.log.clear();
    expect(await push(stage, [leadId])).toMatchObject({ unchanged: 1, synced: 0 });
    expect(sandbox.log.entries()).toEqual([]);
    await db.query('update leads set score = 72 where id = $1', [leadId]);
    expect(await wakeDuePushes()).toBeGreaterThan(0);
    expect(await pushOf(stage, leadId)).toMatchObject({ state: 'pending', shown: 'pending' });
    expect(await drain(stage)).toMatchObject({ synced: 1 });
    expect(leadOf(stage, leadId)).toMatchObject([{ hnt_finalscore: 72 }]);
    const sent = (await eventsOf(stage, leadId))
      .filter(({ method, step }) => method === 'PATCH' && step === 'lead')
      .at(-1);
    expect(Object.keys(sent?.request as Row).toSorted()).toEqual([
      'hnt_finalscore',
      'hnt_m365fitscore',
      'hnt_technicalheat',
    ]);
    await wakeDuePushes();
    expect(await pushOf(stage, leadId)).toMatchObject({ state: 'synced', shown: 'synced' });
  });

  it('takes the lead, account and contact that exist, and fills blanks of accounts', async () => {
    const [account = '', contact = '', byMail = '', byDomain = ''] = there(stage, [
      {
        op: 'add',
        kind: 'account',
        row: { name: 'Initech Holding', websiteurl: 'http://www.initech.example/about' },
      },
      {
        op: 'add',
        kind: 'contact',
        row: { lastname: 'Lumbergh', emailaddress1: 'bill@initech.example' },
      },
      {
        op: 'add',
        kind: 'lead',
        row: {
          lastname: 'Lovelace',
          firstname: 'Ada',
          emailaddress1: 'bill@initech.example',
          companyname: 'Initech',
        },
      },
      {
        op: 'add',
        kind: 'lead',
        row: { lastname: 'Somebody', websiteurl: 'https://hooli.example/' },
      },
    ]);
    const [mail, site] = await addLeads(stage, [
      {
        name: 'Ada Lovelace',
        company: 'Initech',
        domain: 'initech.example',
        email: 'bill@initech.example',
      },
      { name: 'Somebody', company: 'Hooli', domain: 'hooli.example', email: null },
    ]);
    expect(await push(stage, [mail ?? '', site ?? ''])).toMatchObject({ synced: 2, conflict: 0 });
    expect(leadOf(stage, mail)).toMatchObject([
      { leadid: byMail, _parentaccountid_value: account, _parentcontactid_value: contact },
    ]);
    expect(leadOf(stage, site)).toMatchObject([{ leadid: byDomain }]);
    expect(by(stage, 'account', 'accountid', account)).toMatchObject([
      {
        name: 'Initech Holding',
        websiteurl: 'http://www.initech.example/about',
        telephone1: '+1 555 0100',
      },
    ]);
    expect(by(stage, 'contact', 'contactid', contact)).toMatchObject([
      { lastname: 'Lumbergh', firstname: 'Ada', _parentcustomerid_value: account },
    ]);
  });

  it("never takes another lead's record: two of one e-mail address are two records", async () => {
    const twins = await addLeads(stage, [
      { domain: 'twins.example', email: 'twin@twins.example' },
      { domain: 'twins.example', email: 'twin@twins.example' },
    ]);
    expect(await push(stage, twins)).toMatchObject({ synced: 2 });
    expect(
      by(stage, 'lead', 'emailaddress1', 'twin@twins.example')
        .map((row) => row['hnt_leadid'])
        .toSorted(),
    ).toEqual(twins.toSorted());
    expect(by(stage, 'account', 'websiteurl', 'https://twins.example')).toHaveLength(1);
    expect(by(stage, 'contact', 'emailaddress1', 'twin@twins.example')).toHaveLength(1);
  });
});

describe('what both sides changed', () => {
  it('is for a person to decide, while the rest is sent but for one-sided changes', async () => {
    const leadId = await one(stage, { name: 'Grace Hopper', phone: '+1 555 0111', score: 58 });
    await push(stage, [leadId]);
    const { remoteId } = await pushOf(stage, leadId);
    there(stage, [
      {
        op: 'update',
        kind: 'lead',
        id: remoteId ?? '',
        row: { telephone1: '+1 555 0999', companyname: 'Renamed there' },
      },
    ]);
    await db.query(`update leads set phone = '+1 555 0222', score = 59 where id = $1`, [leadId]);
    expect(await push(stage, [leadId])).toMatchObject({ conflict: 1 });
    expect(await pushOf(stage, leadId)).toMatchObject({ state: 'conflict', shown: 'conflict' });
    expect(leadOf(stage, leadId)).toMatchObject([
      { telephone1: '+1 555 0999', companyname: 'Renamed there', hnt_finalscore: 59 },
    ]);
    const open = () =>
      db.query(
        `select c.field, c.ours, c.theirs, c.base, c.resolution
         from push_conflicts c
         join pushes p on p.id = c.push_id
         where p.lead_id = $1
         order by c.id`,
        [leadId],
      );
    expect(await open()).toEqual([
      {
        field: 'telephone1',
        ours: '+1 555 0222',
        theirs: '+1 555 0999',
        base: '+1 555 0111',
        resolution: null,
      },
    ]);
    there(stage, [
      { op: 'update', kind: 'lead', id: remoteId ?? '', row: { telephone1: '+1 555 0222' } },
    ]);
    expect(await push(stage, [leadId])).toMatchObject({ synced: 1 });
    expect(await open()).toMatchObject([{ resolution: 'gone' }]);
  });

  it('is not made again when it was deleted there', async () => {
    const leadId = await one(stage);
    await push(stage, [leadId]);
    const { remoteId } = await pushOf(stage, leadId);
    there(stage, [{ op: 'delete', kind: 'lead', id: remoteId ?? '' }]);
    await db.query(`update leads set phone = '+1 555 0333' where id = $1`, [leadId]);
    expect(await push(stage, [leadId])).toMatchObject({ conflict: 1 });
    expect(leadOf(stage, leadId)).toEqual([]);
    expect(await pushOf(stage, leadId)).toMatchObject({
      state: 'conflict',
      error: expect.stringContaining('was deleted in Dynamics 365') as string,
    });
    await db.query('update pushes set remote_id = null, base = null where lead_id = $1', [leadId]);
    expect(await push(stage, [leadId])).toMatchObject({ synced: 1 });
    expect(leadOf(stage, leadId)).toMatchObject([{ leadid: remoteId }]);
  });

  it('tells that closed leads are read-only, and goes on with their opportunity', async () => {
    const [won = '', lost = ''] = await addLeads(stage, [{ score: 70 }, { score: 40 }]);
    await push(stage, [won, lost]);
    const [wonThere, lostThere] = [await pushOf(stage, won), await pushOf(stage, lost)];
    there(stage, [
      { op: 'update', kind: 'lead', id: wonThere.remoteId ?? '', row: { statuscode: 3 } },
      { op: 'update', kind: 'lead', id: lostThere.remoteId ?? '', row: { statuscode: 4 } },
    ]);
    await db.query('update leads set score = 90 where id = any($1)', [[won, lost]]);
    expect(await push(stage, [won, lost])).toMatchObject({ synced: 1, conflict: 1, failed: 0 });
    expect(
      by(stage, 'opportunity', 'opportunityid', wonThere.remoteIds['opportunity']),
    ).toMatchObject([{ salesstage: 2 }]);
    expect((await eventsOf(stage, won)).at(-1)?.message).toContain(
      'The lead is qualified in Dynamics 365 and cannot be changed there any more.',
    );
    expect(await pushOf(stage, lost)).toMatchObject({
      state: 'conflict',
      error: expect.stringContaining('disqualified') as string,
    });
  });
});

describe('an environment', () => {
  it('without our fields and keys gets each lead once, and is told what is missing', async () => {
    const plain = await pushStage(db, sandbox, { spec: bare });
    const leadId = await one(plain, {
      name: 'Ada Lovelace',
      domain: 'bare.example',
      email: null,
      score: 75,
      segment: 'Skip',
    });
    sandbox.faults.arm({
      kind: 'fail_after_effect',
      endpoint: 'PATCH api/data/v9.2/leads(:key)',
      next: 1,
    });
    expect(await push(plain, [leadId])).toMatchObject({ synced: 1 });
    await db.query(`update leads set name = 'Ada King', email = 'ada@bare.example' where id = $1`, [
      leadId,
    ]);
    expect(await push(plain, [leadId])).toMatchObject({ synced: 1 });
    expect(truth(plain, 'lead')).toMatchObject([
      { lastname: 'King', emailaddress1: 'ada@bare.example' },
    ]);
    expect(truth(plain, 'opportunity')).toHaveLength(1);
    expect((await eventsOf(plain, leadId)).at(-1)?.message).toContain(
      'There is no field "hnt_finalscore" in the table lead.',
    );
  });

  it('that takes another record for the same is believed, whatever its status', async () => {
    const careful = await pushStage(db, sandbox, { spec: strict });
    there(careful, [
      { op: 'add', kind: 'lead', row: { lastname: 'Somebody', telephone1: '+1 555 0777' } },
    ]);
    const leadId = await one(careful, { phone: '+1 555 0777' });
    expect(await push(careful, [leadId])).toMatchObject({ conflict: 1, retried: 0, failed: 0 });
    expect(truth(careful, 'lead')).toHaveLength(1);
    expect(await pushOf(careful, leadId)).toMatchObject({
      error: expect.stringContaining('takes another record for the same lead') as string,
    });
  });
});

describe('a push that fails', () => {
  it('is tried three times, undoes its rows, waits for a person, works on retry', async () => {
    const failing = await pushStage(db, sandbox, { spec: { ...org } });
    const leadId = await one(failing, {
      domain: 'fails.example',
      email: 'ada@fails.example',
      score: 95,
    });
    const fault = sandbox.faults.arm({
      kind: 'status',
      status: 400,
      endpoint: 'PATCH api/data/v9.2/opportunities(:key)',
    });
    expect(await push(failing, [leadId])).toMatchObject({ retried: 2, failed: 1, synced: 0 });
    expect(await pushOf(failing, leadId)).toMatchObject({
      state: 'failed',
      shown: 'failed',
      attempts: 3,
      dueAt: null,
      remoteId: null,
      remoteIds: {},
    });
    for (const [kind, column] of [
      ['lead', 'emailaddress1'],
      ['contact', 'emailaddress1'],
    ] as const)
      expect(by(failing, kind, column, 'ada@fails.example')).toEqual([]);
    expect(by(failing, 'account', 'websiteurl', 'https://fails.example')).toEqual([]);
    expect(
      (await eventsOf(failing, leadId)).filter(
        ({ step, method }) => step === 'undo' && method === 'DELETE',
      ),
    ).toHaveLength(3);
    const [letter] = await db.query<{ id: string; job: string; reason: string; kind: string }>(
      'select id, job, reason, kind from dead_letters where tenant_id = $1',
      [failing.tenantId],
    );
    expect(letter).toMatchObject({
      job: 'push-leads',
      kind: 'push',
      reason: expect.stringContaining('Dynamics 365') as string,
    });
    sandbox.faults.disarm(fault);
    await retryJob({ tenantId: failing.tenantId, userId: null }, letter?.id ?? '');
    // What the queue's worker does with the job of a person who retries.
    await slice(failing, { leadId, requestedBy: null });
    expect(await pushOf(failing, leadId)).toMatchObject({ state: 'synced', attempts: 0 });
    expect(leadOf(failing, leadId)).toHaveLength(1);
  });

  it('leaves what somebody has changed since, and what others need', async () => {
    const failing = await pushStage(db, sandbox);
    const [first = '', second = ''] = await addLeads(failing, [
      { domain: 'shared.example', email: 'a@shared.example' },
      { domain: 'shared.example', email: 'b@shared.example', score: 95 },
    ]);
    await push(failing, [first]);
    sandbox.faults.arm({
      kind: 'status',
      status: 400,
      endpoint: 'PATCH api/data/v9.2/opportunities(:key)',
    });
    await ask(failing, [second]);
    await slice(failing);
    const [contact] = by(failing, 'contact', 'emailaddress1', 'b@shared.example');
    there(failing, [
      {
        op: 'update',
        kind: 'contact',
        id: String(contact?.['contactid']),
        row: { jobtitle: 'Owner' },
      },
    ]);
    await drain(failing);
    sandbox.faults.disarm();
    expect(await pushOf(failing, second)).toMatchObject({ state: 'failed' });
    expect(by(failing, 'contact', 'emailaddress1', 'b@shared.example')).toHaveLength(1);
    expect(by(failing, 'account', 'websiteurl', 'https://shared.example')).toHaveLength(1);
    expect(leadOf(failing, second)).toEqual([]);
  });

  it('does not count while it is told to wait', async () => {
    const waiting = await pushStage(db, sandbox);
    const leadId = await one(waiting);
    await ask(waiting, [leadId]);
    sandbox.faults.arm({ kind: 'rate_limited', retryAfter: '60' });
    await slice(waiting);
    sandbox.faults.disarm();
    expect(await pushOf(waiting, leadId)).toMatchObject({ state: 'pending', attempts: 0 });
    await db
      .query('update rate_pauses set until = now() where tenant_id = $1', [waiting.tenantId])
      .catch(() => undefined);
  });
});
