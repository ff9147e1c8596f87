import { describe, expect, it } from 'vitest';
import { DAY, lead } from './dynamics-rows.ts';
import { callerOf, errorCode, pagesOf, prefer, rowsOf, withOrg } from './dynamics.ts';

describe('lists of Dynamics 365', () => {
  it('come in pages by links that hold only as they were handed out', () =>
    withOrg({ leads: 25 }, async (caller) => {
      const pages = await pagesOf(
        caller,
        'leads?$select=fullname,statuscode&$count=true',
        prefer(10),
      );
      expect(pages.map(({ value }) => value?.length)).toEqual([10, 10, 5]);
      expect(new Set(rowsOf(pages).map(({ leadid }) => leadid)).size).toBe(25);
      expect(pages[0]).toMatchObject({
        '@odata.count': 25,
        '@odata.nextLink': expect.stringMatching(
          /\$skiptoken=%3Ccookie%20pagenumber=%222%22%20pagingcookie=%22%253ccookie/,
        ) as string,
      });
      expect(rowsOf(pages)[0]).toMatchObject({
        '@odata.etag': expect.stringMatching(/^W\/"\d+"$/) as string,
        'statuscode@OData.Community.Display.V1.FormattedValue': expect.any(String) as string,
      });
      const link = String(pages[0]?.['@odata.nextLink']);
      for (const [spoilt, preference] of [
        [link.replaceAll('%25', '%2525'), prefer(10)],
        [link.replace('%253c', '%3c'), prefer(10)],
        [link, prefer(11)],
        [`${link}&x=1`, prefer(10)],
      ] as const) {
        expect(
          (await caller.call('GET', spoilt, { headers: { prefer: preference } })).status,
          spoilt,
        ).toBe(400);
      }
      expect((await caller.call('GET', link, { headers: { prefer: prefer(10) } })).status).toBe(
        200,
      );
      expect((await caller.call('GET', 'leads?$skip=5')).body).toMatchObject({
        error: { message: 'Skip Clause is not supported in CRM' },
      });
      expect(rowsOf([await caller.get('leads?$top=3')])).toHaveLength(3);
    }));

  it('are filtered and sorted, without labels unless they are asked for', () =>
    withOrg({}, async (caller) => {
      const add = [
        lead({ emailaddress1: "o'neill@x.test", websiteurl: 'https://alpha.test', statuscode: 1 }),
        lead({ emailaddress1: 'b@x.test', websiteurl: null, statuscode: 2 }),
        lead({ emailaddress1: null, hnt_leadid: 'L-3' }),
      ];
      caller.sandbox.dynamics365.mutate('org', { changes: add });
      const count = async (filter: string) =>
        (await caller.get(`leads?$filter=${encodeURIComponent(filter)}`)).value?.length;
      expect(await count("emailaddress1 eq 'O''Neill@x.test'")).toBe(1);
      expect(await count("contains(websiteurl,'alpha') or hnt_leadid eq 'L-3'")).toBe(2);
      expect(await count('not (emailaddress1 eq null) and statuscode ne 1')).toBe(1);
      expect(await count('modifiedon ge 2026-11-20T11:59:59Z')).toBe(3);
      expect(await count('nonsense eq 1')).toBeUndefined();
      const sorted = await caller.get('leads?$orderby=emailaddress1 desc&$select=emailaddress1');
      expect(sorted.value?.map(({ emailaddress1 }) => emailaddress1)).toEqual([
        "o'neill@x.test",
        'b@x.test',
        null,
      ]);
      expect(Object.keys(sorted.value?.[0] ?? {})).toEqual([
        '@odata.etag',
        'emailaddress1',
        'leadid',
      ]);
      expect(errorCode(await caller.get('leads?$select=owner'))).toBe('0x80060888');
    }));

  it('tell what changed since a delta link: rows first, then what was deleted', () =>
    withOrg({ leads: 12 }, async (caller) => {
      const { mutate, truth } = caller.sandbox.dynamics365;
      const first = await pagesOf(
        caller,
        'leads?$select=subject',
        prefer(5, 'odata.track-changes'),
      );
      expect(first.map((page) => '@odata.deltaLink' in page)).toEqual([false, false, true]);
      const ids = rowsOf(first).map(({ leadid }) => String(leadid));
      const [made] = mutate('org', { changes: [lead({})] }).ids;
      mutate('org', {
        changes: [
          { op: 'update', kind: 'lead', id: ids[0] ?? '', row: { subject: 'Other' } },
          { op: 'delete', kind: 'lead', id: ids[1] ?? '' },
          { op: 'delete', kind: 'lead', id: made ?? '' },
        ],
      });
      const delta = await pagesOf(
        caller,
        String(first.at(-1)?.['@odata.deltaLink']),
        prefer(1, 'odata.track-changes'),
      );
      expect(delta).toHaveLength(3);
      expect(rowsOf(delta).map((row) => [row.leadid ?? row.id, row.reason])).toEqual([
        [ids[0], undefined],
        [ids[1], 'deleted'],
        [made, 'deleted'],
      ]);
      expect(rowsOf(delta)[1]).toMatchObject({
        '@odata.context': expect.stringMatching(/#leads\/\$deletedEntity$/) as string,
      });
      const last = String(delta.at(-1)?.['@odata.deltaLink']);
      expect((await caller.get(last)).value).toEqual([]);
      expect(truth('org', 'lead').lead).toHaveLength(11);
      for (const parameter of ['$filter=statecode eq 0', '$orderby=subject', '$top=5'])
        expect(
          (
            await caller.call('GET', `leads?${parameter}`, {
              headers: { prefer: 'odata.track-changes' },
            })
          ).status,
          parameter,
        ).toBe(400);
      caller.sandbox.clock.shift(8 * DAY);
      const fresh = await callerOf(caller.sandbox);
      expect(await fresh.call('GET', last)).toMatchObject({
        status: 400,
        body: {
          error: { message: expect.stringContaining('Please perform a full sync') as string },
        },
      });
    }));

  it('go on living, the same way whenever they are looked at', async () => {
    const rows: unknown[] = [];
    for (const steps of [1, 7]) {
      await withOrg({ leads: 60 }, ({ sandbox }) => {
        for (let step = 0; step < steps; step += 1) {
          sandbox.dynamics365.truth('org');
          sandbox.clock.shift((28 * DAY) / steps);
        }
        const truth = sandbox.dynamics365.truth('org');
        expect(truth.lead?.length).toBe(69);
        expect(truth.opportunity?.length).toBeGreaterThan(10);
        expect(new Set(truth.opportunity?.map(({ statecode }) => statecode))).toEqual(
          new Set([0, 1, 2]),
        );
        rows.push(truth);
        return Promise.resolve();
      });
    }
    expect(rows[0]).toEqual(rows[1]);
  });
});

describe('limits and rights in Dynamics 365', () => {
  it('turn away who asks too often, for longer when they go on, and let them in again', () =>
    withOrg({ limits: { requests: 3, windowSeconds: 10 } }, async ({ call, sandbox }) => {
      for (let request = 0; request < 3; request += 1)
        expect((await call('GET', 'WhoAmI')).status).toBe(200);
      const waits = [];
      for (let request = 0; request < 3; request += 1) {
        const { status, body, headers } = await call('GET', 'WhoAmI');
        expect([status, errorCode(body)]).toEqual([429, '0x80072322']);
        waits.push(Number(headers.get('retry-after')));
      }
      expect(waits).toEqual([10, 10, 10]);
      sandbox.clock.shift(9_000);
      expect((await call('GET', 'WhoAmI')).headers.get('retry-after')).toBe('2');
      sandbox.clock.shift(2_000);
      expect((await call('GET', 'WhoAmI')).status).toBe(200);
    }));

  it('count what is under way at once and the time it takes', () =>
    withOrg(
      { limits: { concurrent: 2, workMs: 500, executionMs: 1_250 } },
      async ({ call, sandbox }) => {
        const answers = await Promise.all([1, 2, 3].map(() => call('GET', 'WhoAmI')));
        expect(answers.filter(({ status }) => status === 200)).toHaveLength(2);
        expect(answers.map(({ body }) => errorCode(body))).toContain('0x80072326');
        sandbox.clock.shift(2_000);
        await call('GET', 'WhoAmI');
        expect(errorCode((await call('GET', 'WhoAmI')).body)).toBe('0x80072321');
      },
    ));

  it('let in only a known application with a live token, and only where its role reaches', () =>
    withOrg(
      { denied: ['read:task', 'create:lead'], readsOrganisation: false },
      async ({ call, get, sandbox }) => {
        expect(await call('GET', 'tasks')).toMatchObject({
          status: 403,
          body: { error: { code: '0x80040220' } },
        });
        expect((await call('POST', 'leads', { body: { lastname: 'X' } })).status).toBe(403);
        expect((await get('leads')).value).toEqual([]);
        expect(
          (await call('GET', 'leads', { headers: { prefer: 'odata.track-changes' } })).status,
        ).toBe(403);
        sandbox.clock.shift(3_600_000);
        expect((await call('GET', 'leads')).status).toBe(401);
        const { loginUrl } = sandbox.dynamics365;
        const asked = (form: Record<string, string>) =>
          fetch(`${loginUrl}directory-1/oauth2/v2.0/token`, {
            method: 'POST',
            body: new URLSearchParams({
              grant_type: 'client_credentials',
              client_id: 'app-1',
              scope: `${sandbox.url}/.default`,
              ...form,
            }),
          });
        expect((await asked({ client_secret: 'wrong' })).status).toBe(401);
        expect(
          (
            await asked({
              client_secret: 'secret-of-the-app-1',
              scope: 'https://graph.microsoft.com/.default',
            })
          ).status,
        ).toBe(400);
      },
    ));
});
