import { describe, expect, it } from 'vitest';
import { defaultMapping } from '#lib/connectors/dynamics-365/destination/default-mapping.ts';
import { enqueueDuePushes } from '#lib/outbound/push/due.ts';
import { addLeads, drain, eventsOf, push, pushOf, pushStage, there, truth } from './stage.ts';
import { db, bare, strict, formal, sandbox, stage, leadOf, by, one } from './flow-stage.ts';

type Row = Record<string, unknown>;

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
        company: account['accountid'],
        contact: contact['contactid'],
        deal: opportunity['opportunityid'],
      },
    });
  });

  it('maps all 24 fields of the solution', () => {
    expect(
      defaultMapping.filter(({ target, role }) => target.startsWith('hnt_') && role === 'lead'),
    ).toHaveLength(24);
  });

  it('sends nothing when nothing changed, and only what changed when something did', async () => {
    const leadId = await one(stage, { score: 60 });
    await push(stage, [leadId]);
    sandbox.log.clear();
    expect(await push(stage, [leadId])).toMatchObject({ unchanged: 1, synced: 0 });
    expect(sandbox.log.entries()).toEqual([]);
    await db.query('update leads set score = 72 where id = $1', [leadId]);
    expect(await enqueueDuePushes()).toBeGreaterThan(0);
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
    await enqueueDuePushes();
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
      'The object "lead" in the CRM has no field "hnt_finalscore".',
    );
  });

  it('whose forms require a column of people gets the lead without it, and a note says so', async () => {
    const on = await pushStage(db, sandbox, { spec: formal });
    const leadId = await one(on, {});
    expect(await push(on, [leadId])).toMatchObject({ synced: 1, failed: 0 });
    expect(leadOf(on, leadId)).toMatchObject([{ jobtitle: null }]);
    expect((await eventsOf(on, leadId)).map(({ message }) => message)).toContain(
      'Dynamics 365 asks people for "jobtitle" (jobtitle) of every lead. It is sent without.',
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
