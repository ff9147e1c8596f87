import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../../sandbox/index.ts';
import { createConnection } from '#lib/connections/connections.ts';
import { syncConnection } from '#lib/ingest/sync-connection.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { getReferralChanges, updateReferral } from '#lib/outbound/actions/referral.ts';
import { useDatabase } from '../../helpers/database.ts';

const db = useDatabase();
const now = Date.UTC(2026, 10, 20, 12);
const credentials = {
  clientId: 'partner-app',
  clientSecret: 'partner-secret-0123',
  refreshToken: 'partner-consent-0123',
};
const one = 'GET v1.0/engagements/referrals/:id';
const patch = 'PATCH v1.0/engagements/referrals/:id';
const by = '00000000-0000-4000-8000-000000000001';
let sandbox: Sandbox;
let tenantId: string;
let connectionId: string;

beforeAll(async () => {
  sandbox = await startSandbox({
    accounts: [],
    partners: [
      {
        name: 'partner',
        label: 'Partner',
        ...credentials,
        seed: 'partner',
        referrals: 30,
        countedOn: now,
      },
    ],
    now,
  });
  tenantId = (await createTenant({ slug: 'north', name: 'North' })).id;
  const { baseUrl, loginUrl } = sandbox.partnerCenter;
  connectionId = (
    await createConnection({
      tenantId,
      provider: 'partner-center',
      settings: { baseUrl, loginUrl, clientId: credentials.clientId },
      secrets: { clientSecret: credentials.clientSecret, refreshToken: credentials.refreshToken },
    })
  ).id;
});
afterAll(() => sandbox.close(0));

interface Raw {
  id: string;
  status: string;
  substatus: string;
}
const atSource = (id: string) =>
  (sandbox.partnerCenter.truth('partner').referrals as Raw[]).find((raw) => raw.id === id);
const sync = () => syncConnection({ tenantId, connectionId, trigger: 'cli' });
const trail = () =>
  db.query<{
    outcome: string;
    status: number | null;
    wanted: object;
    requested_by: string;
    request: object;
    response: { customerProfile?: { name: string } } | null;
    message: string | null;
  }>(
    `select outcome, status, wanted, requested_by, request, response, message
     from write_backs
     order by id`,
  );
const requests = (endpoint: string) =>
  sandbox.log
    .entries()
    .filter((entry) => entry.endpoint === endpoint)
    .map(({ status }) => status);
let count = 0;

/** A new referral, known here; returns its id at the source and ours. */
async function fresh(row: Partial<Raw> = {}): Promise<{ externalId: string; id: string }> {
  count += 1;
  const externalId = `fresh-${count}`;
  sandbox.clock.shift(1000);
  sandbox.partnerCenter.mutate('partner', {
    changes: [
      {
        op: 'add',
        row: {
          id: externalId,
          status: 'New',
          substatus: 'Received',
          updatedDateTime: new Date(sandbox.clock.now()).toISOString(),
          ...row,
        },
      },
    ],
  });
  await sync();
  await db.query('truncate write_backs');
  sandbox.log.clear();
  sandbox.faults.disarm();
  const [found] = await db.query<{ id: string }>(
    'select id from referrals where external_id = $1',
    [externalId],
  );
  return { externalId, id: found?.id ?? '' };
}

describe('changing a referral at its source', () => {
  let referral: { externalId: string; id: string };
  beforeEach(async () => {
    referral = await fresh();
  });
  const update = (status: string, substatus: string) =>
    updateReferral(tenantId, referral.id, { status, substatus }, by);

  it('arrives there, is in the audit log, and comes back with the pass that it requested', async () => {
    await db.query(`update connections set due_at = now() + interval '1 hour' where id = $1`, [
      connectionId,
    ]);
    expect(await update('Active', 'Accepted')).toEqual({ status: 'Active', substatus: 'Accepted' });
    expect(atSource(referral.externalId)).toMatchObject({
      status: 'Active',
      substatus: 'Accepted',
    });
    expect(await trail()).toMatchObject([
      {
        outcome: 'done',
        status: 200,
        requested_by: by,
        wanted: { status: 'Active', substatus: 'Accepted' },
        message: null,
        request: [{ op: 'replace', path: '/status', value: 'Active' }, {}],
      },
    ]);
    expect((await trail())[0]?.response?.customerProfile?.name).toContain('•••');
    expect(
      await db.query(`select due_at <= now() as due from connections where id = $1`, [
        connectionId,
      ]),
    ).toEqual([{ due: true }]);
    expect(await getReferralChanges(tenantId, referral.id)).toMatchObject({
      state: { status: 'Active', substatus: 'Accepted' },
      next: [{ substatus: 'Won' }, { substatus: 'Lost' }, { substatus: 'Declined' }],
      last: { outcome: 'done' },
    });
    await update('Closed', 'Won');
    await sync();
    expect(
      await db.query('select status, substatus from referrals where id = $1', [referral.id]),
    ).toEqual([{ status: 'Closed', substatus: 'Won' }]);
    expect(await getReferralChanges(tenantId, referral.id)).toMatchObject({
      state: { status: 'Closed', substatus: 'Won' },
    });
  });

  it('goes only where it may go, and asks the source nothing else', async () => {
    await expect(update('New', 'Pending')).rejects.toMatchObject({
      code: 'bad_request',
      message: expect.stringContaining(
        'It may become Active, Accepted; Closed, Declined',
      ) as string,
    });
    await expect(update('Active', 'Won')).rejects.toMatchObject({ code: 'bad_request' });
    expect(await update('New', 'Received')).toEqual({ status: 'New', substatus: 'Received' });
    await expect(
      updateReferral(
        tenantId,
        '00000000-0000-4000-8000-000000000000',
        { status: 'Active', substatus: 'Accepted' },
        by,
      ),
    ).rejects.toMatchObject({ code: 'not_found' });
    const other = await createTenant({ slug: `south-${count}`, name: 'South' });
    await expect(
      updateReferral(other.id, referral.id, { status: 'Active', substatus: 'Accepted' }, by),
    ).rejects.toMatchObject({ code: 'not_found' });
    expect([requests(patch), await trail()]).toEqual([[], []]);
  });

  it('bears a source that thinks the version wrong although nobody changed it', async () => {
    sandbox.faults.arm({ kind: 'status', status: 412, endpoint: patch, next: 1 });
    await update('Active', 'Accepted');
    expect([requests(patch), requests(one)]).toEqual([[412, 200], [200]]);
    expect(atSource(referral.externalId)).toMatchObject({ status: 'Active' });
  });

  it('never overwrites what somebody changed there meanwhile', async () => {
    sandbox.clock.shift(1000);
    sandbox.partnerCenter.mutate('partner', {
      changes: [
        { op: 'update', id: referral.externalId, row: { status: 'Closed', substatus: 'Lost' } },
      ],
    });
    await expect(update('Closed', 'Won')).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('it is Closed, Lost there') as string,
    });
    expect(atSource(referral.externalId)).toMatchObject({ substatus: 'Lost' });
    expect(await trail()).toMatchObject([{ outcome: 'refused' }]);
    await sync();
    expect(await getReferralChanges(tenantId, referral.id)).toMatchObject({
      state: { substatus: 'Lost' },
    });
  });

  it.each([502, 504])('that worked but was answered %i is found to have worked', async (status) => {
    sandbox.faults.arm({ kind: 'fail_after_effect', status, endpoint: patch, next: 1 });
    expect(await update('Active', 'Accepted')).toEqual({ status: 'Active', substatus: 'Accepted' });
    expect([requests(patch), requests(one)]).toEqual([[status], [200]]);
    expect(await trail()).toMatchObject([
      { outcome: 'done', message: expect.stringContaining('The response was lost') as string },
    ]);
  });

  it('tells whether it was taken when the response is cut; asking again does no harm', async () => {
    sandbox.faults.arm({ kind: 'status', status: 503, endpoint: patch, next: 1 });
    await expect(update('Active', 'Accepted')).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('It was not changed. Try again.') as string,
    });
    sandbox.faults.arm({ kind: 'fail_after_effect', status: 502, endpoint: patch, next: 1 });
    sandbox.faults.arm({ kind: 'status', status: 503, endpoint: one, next: 1 });
    await expect(update('Active', 'Accepted')).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('is not known') as string,
    });
    expect(await update('Active', 'Accepted')).toEqual({ status: 'Active', substatus: 'Accepted' });
    expect((await trail()).map(({ outcome }) => outcome)).toEqual(['failed', 'failed', 'done']);
    expect(atSource(referral.externalId)).toMatchObject({ status: 'Active' });
  });

  it('says which role is missing', async () => {
    sandbox.faults.arm({ kind: 'status', status: 403, endpoint: patch, next: 1 });
    await expect(update('Active', 'Accepted')).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('Referral Admin') as string,
    });
  });

  it('meets the known 412 only where it lies: at PUT', async () => {
    const token = await fetch(`${sandbox.partnerCenter.loginUrl}common/oauth2/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'refresh_token',
        client_id: credentials.clientId,
        client_secret: credentials.clientSecret,
        refresh_token: sandbox.partnerCenter.desk.refreshToken('partner'),
        resource: 'https://api.partner.microsoft.com',
      }),
    });
    const { access_token: access } = (await token.json()) as { access_token: string };
    const headers = { authorization: `Bearer ${access}`, 'client-request-id': 'x' };
    const url = `${sandbox.partnerCenter.baseUrl}referrals/${referral.externalId}`;
    const { eTag } = (await (await fetch(url, { headers })).json()) as { eTag: string };
    expect(
      (await fetch(url, { method: 'PUT', headers: { ...headers, 'if-match': eTag }, body: '{}' }))
        .status,
    ).toBe(412);
    expect(
      (
        await fetch(url, {
          method: 'PATCH',
          headers: { ...headers, 'if-match': eTag },
          body: JSON.stringify([
            { op: 'replace', path: '/status', value: 'Active' },
            { op: 'replace', path: '/substatus', value: 'Accepted' },
          ]),
        })
      ).status,
    ).toBe(204);
  });
});
