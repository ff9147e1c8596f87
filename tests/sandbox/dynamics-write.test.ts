import { describe, expect, it } from 'vitest';
import { errorCode, withOrg, type DynamicsCaller } from './dynamics.ts';

const ID = '11111111-2222-4333-8444-555555555555';
const made = ({ headers }: { headers: Headers }) =>
  /\(([0-9a-f-]{36})\)$/.exec(headers.get('odata-entityid') ?? '')?.[1] ?? '';
const leads = ({ sandbox }: DynamicsCaller) => sandbox.dynamics365.truth('org', 'lead').lead ?? [];

const requires = { lastname: 'SystemRequired' } as const;

describe('writing to Dynamics 365', () => {
  it('makes a row and tells its address, or the row and no address', () =>
    withOrg({}, async ({ call }) => {
      const plain = await call('POST', 'leads', {
        body: { lastname: 'Fox', firstname: 'Lena', subject: 'One' },
      });
      expect([plain.status, plain.body, made(plain)]).toEqual([
        204,
        {},
        expect.stringMatching(/^[0-9a-f-]{36}$/),
      ]);
      const shown = await call('POST', 'leads?$select=fullname', {
        body: { leadid: ID, lastname: 'Fox' },
        headers: { prefer: 'return=representation' },
      });
      expect([shown.status, shown.headers.get('odata-entityid'), shown.body.leadid]).toEqual([
        201,
        null,
        ID,
      ]);
      expect((await call('POST', 'leads', { body: { leadid: ID, lastname: 'Fox' } })).status).toBe(
        412,
      );
      expect((await call('GET', `leads(${made(plain)})?$select=fullname`)).body).toMatchObject({
        fullname: 'Lena Fox',
      });
    }));

  it('makes or changes by alternate key, and the payload wins over the address when it makes', () =>
    withOrg({}, async (caller) => {
      const { call } = caller;
      const upsert = (key: string, body: object, headers = {}) =>
        call('PATCH', `leads(hnt_leadid='${encodeURIComponent(key)}')`, { body, headers });
      expect((await upsert("it's", { lastname: 'A' })).status).toBe(400);
      const [first, second] = [
        await upsert("it''s", { lastname: 'A' }),
        await upsert("it''s", { subject: 'B' }),
      ];
      expect([first.status, second.status, made(first)]).toEqual([204, 204, made(second)]);
      expect(leads(caller)).toMatchObject([{ hnt_leadid: "it's", lastname: 'A', subject: 'B' }]);
      const shown = { prefer: 'return=representation' };
      expect([
        (await upsert('k2', { lastname: 'C' }, shown)).status,
        (await upsert('k2', { lastname: 'D' }, shown)).status,
      ]).toEqual([201, 200]);
      await upsert('k3', { lastname: 'E', hnt_leadid: 'other' });
      expect(leads(caller).map(({ hnt_leadid }) => hnt_leadid)).toEqual(["it's", 'k2', 'other']);
      expect(
        (await call('POST', 'leads', { body: { lastname: 'F', hnt_leadid: 'K2' } })).body,
      ).toMatchObject({ error: { code: '0x80040237' } });
      expect(
        Object.fromEntries(caller.sandbox.dynamics365.org('org').createdBy('lead', 'hnt_leadid')),
      ).toEqual({ "it's": 1, k2: 1, other: 1 });
      expect((await call('GET', "leads(hnt_leadid='k2')?$select=lastname")).body).toMatchObject({
        lastname: 'D',
      });
    }));

  it('has conditions, without which a row that was deleted comes back', () =>
    withOrg({}, async (caller) => {
      const { call } = caller;
      await call('POST', 'leads', { body: { leadid: ID, lastname: 'Fox' } });
      const etag = String((await call('GET', `leads(${ID})`)).body['@odata.etag']);
      expect(
        (await call('GET', `leads(${ID})`, { headers: { 'if-none-match': etag } })).status,
      ).toBe(304);
      expect(
        (
          await call('PATCH', `leads(${ID})`, {
            body: { subject: 'B' },
            headers: { 'if-match': etag },
          })
        ).status,
      ).toBe(204);
      expect(
        await call('PATCH', `leads(${ID})`, {
          body: { subject: 'C' },
          headers: { 'if-match': etag },
        }),
      ).toMatchObject({
        status: 412,
        body: { error: { message: expect.stringContaining('RowVersion') as string } },
      });
      expect(
        (
          await call('PATCH', `leads(${ID})`, {
            body: { subject: 'C' },
            headers: { 'if-none-match': '*' },
          })
        ).status,
      ).toBe(412);
      expect((await call('DELETE', `leads(${ID})`)).status).toBe(204);
      expect((await call('DELETE', `leads(${ID})`)).status).toBe(404);
      expect(
        await call('PATCH', `leads(${ID})`, {
          body: { subject: 'D' },
          headers: { 'if-match': '*' },
        }),
      ).toMatchObject({
        status: 404,
        body: { error: { message: `lead With Id = ${ID} Does Not Exist` } },
      });
      expect(leads(caller)).toEqual([]);
      expect((await call('PATCH', `leads(${ID})`, { body: { subject: 'D' } })).status).toBe(204);
      expect(leads(caller)).toMatchObject([{ leadid: ID, subject: 'D', lastname: null }]);
    }));

  it('refuses rows without what the system requires, and leaves the rest to forms', async () => {
    for (const [spec, status] of [
      [{}, 204],
      [{ enforcesBusinessRequired: true }, 400],
      [{ requires }, 400],
    ] as const)
      await withOrg(spec, async ({ call }) => {
        expect((await call('POST', 'leads', { body: { subject: 'A' } })).status).toBe(status);
        expect((await call('POST', 'leads', { body: { lastname: 'A' } })).status).toBe(204);
      });
  });

  it('refuses what does not fit, with the codes of Dataverse', () =>
    withOrg({ without: ['hnt_spfstatus'], requires }, async ({ call }) => {
      const refused = async (body: object) => {
        const answer = await call('POST', 'leads', { body: { lastname: 'Fox', ...body } });
        return [answer.status, errorCode(answer.body)];
      };
      expect(await refused({ hnt_spfstatus: 'pass' })).toEqual([400, '0x80048d19']);
      expect(await refused({ leadsourcecode: 6 })).toEqual([400, '0x8004431a']);
      expect(await refused({ hnt_segment: 'Migration' })).toEqual([400, '0x80048d19']);
      expect(await refused({ subject: 'x'.repeat(301) })).toEqual([400, '0x80044331']);
      expect(await refused({ statecode: 1 })).toEqual([400, '0x80048d19']);
      expect(await refused({ lastname: null })).toEqual([400, '0x80040203']);
      expect(await refused({ 'parentaccountid@odata.bind': `/accounts(${ID})` })).toEqual([
        400,
        '0x80040217',
      ]);
      expect(
        await refused({
          hnt_segment: 859_870_001,
          hnt_ispartnercenterreferral: true,
          hnt_finalscore: 90,
          hnt_lastscoredon: '2026-11-20T12:00:00.123Z',
        }),
      ).toEqual([204, undefined]);
    }));

  it('binds rows to each other', () =>
    withOrg({}, async ({ call, sandbox }) => {
      await call('POST', 'accounts', { body: { accountid: ID, name: 'Fox Ltd' } });
      await call('POST', 'leads', {
        body: { leadid: ID, lastname: 'Fox', 'parentaccountid@odata.bind': `/accounts(${ID})` },
      });
      await call('POST', 'annotations', {
        body: { notetext: 'Hello', 'objectid_lead@odata.bind': `/leads(${ID})` },
      });
      await call('POST', 'tasks', {
        body: { subject: 'Call', 'regardingobjectid_lead_task@odata.bind': `/leads(${ID})` },
      });
      const { lead, annotation, task } = sandbox.dynamics365.truth('org');
      expect(lead).toMatchObject([
        {
          _parentaccountid_value: ID,
          '_parentaccountid_value@OData.Community.Display.V1.FormattedValue': 'Fox Ltd',
        },
      ]);
      expect(annotation).toMatchObject([{ _objectid_value: ID }]);
      expect(task).toMatchObject([{ _regardingobjectid_value: ID }]);
    }));

  it('finds duplicates only when asked to, with either status', async () => {
    for (const duplicateStatus of [412, 500] as const) {
      await withOrg({ duplicateStatus }, async ({ call, sandbox }) => {
        const body = { lastname: 'Fox', emailaddress1: 'lena@fox.test' };
        for (const headers of [{}, {}] as Record<string, string>[])
          expect((await call('POST', 'leads', { body, headers })).status).toBe(204);
        const third = await call('POST', 'leads', {
          body,
          headers: { 'mscrm.suppressduplicatedetection': 'false' },
        });
        expect([third.status, errorCode(third.body)]).toEqual([duplicateStatus, '0x80040333']);
        expect(
          sandbox.dynamics365.org('org').createdBy('lead', 'emailaddress1').get('lena@fox.test'),
        ).toBe(2);
      });
    }
  });

  it('qualifies a lead once, and does not let a closed one be changed', () =>
    withOrg({}, async ({ call, sandbox }) => {
      await call('POST', 'leads', {
        body: {
          leadid: ID,
          lastname: 'Fox',
          companyname: 'Fox Ltd',
          subject: 'Deal',
          hnt_leadid: 'ours-1',
        },
      });
      const qualify = () =>
        call('POST', `leads(${ID})/Microsoft.Dynamics.CRM.QualifyLead`, {
          body: { CreateAccount: true, CreateContact: true, CreateOpportunity: true, Status: 3 },
        });
      const first = await qualify();
      expect(first.body.value?.map((each) => each['@odata.type'])).toEqual(
        ['account', 'contact', 'opportunity'].map((name) => `#Microsoft.Dynamics.CRM.${name}`),
      );
      expect(await qualify()).toMatchObject({
        status: 400,
        body: { error: { message: 'The lead is already closed.' } },
      });
      expect((await call('PATCH', `leads(${ID})`, { body: { subject: 'Other' } })).status).toBe(
        400,
      );
      expect(sandbox.dynamics365.truth('org')).toMatchObject({
        lead: [{ statecode: 1, statuscode: 3 }],
        opportunity: [{ hnt_leadid: 'ours-1', name: 'Deal', statecode: 0 }],
        account: [{ name: 'Fox Ltd' }],
      });
    }));

  it('does the work although it says that it failed, when told to', () =>
    withOrg({}, async ({ call, sandbox }) => {
      sandbox.faults.arm({
        provider: 'dynamics-365',
        endpoint: 'PATCH api/data/v9.2/leads(:key)',
        kind: 'fail_after_effect',
        next: 1,
      });
      const upsert = () =>
        call('PATCH', "leads(hnt_leadid='ours')", { body: { lastname: 'Fox' } }).catch(
          () => undefined,
        );
      await upsert();
      expect((await upsert())?.status).toBe(204);
      expect(sandbox.dynamics365.org('org').createdBy('lead', 'hnt_leadid')).toEqual(
        new Map([['ours', 1]]),
      );
    }));

  it('knows no alternate key where there is none', () =>
    withOrg({ alternateKeys: false }, async ({ call }) => {
      expect(
        (await call('PATCH', "leads(hnt_leadid='ours')", { body: { lastname: 'Fox' } })).status,
      ).toBe(400);
      expect((await call('GET', "EntityDefinitions(LogicalName='lead')/Keys")).body.value).toEqual(
        [],
      );
    }));
});
