import { beforeEach, describe, expect, it } from 'vitest';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { getReferralChanges, updateReferral } from '#lib/outbound/actions/referral.ts';
import {
  atSource,
  by,
  connectionId,
  credentials,
  db,
  done,
  fresh,
  one,
  patch,
  requests,
  sandbox,
  sync,
  tenantId,
  trail,
} from './stage.ts';

describe('changing a referral at its source', () => {
  let referral: { externalId: string; id: string };
  beforeEach(async () => {
    referral = await fresh();
  });
  const update = (status: string, substatus: string) =>
    updateReferral(tenantId, referral.id, { wanted: { status, substatus } }, by);

  it('arrives there, is in the audit log, and comes back with the pass that it requested', async () => {
    await db.query(`update connections set due_at = now() + interval '1 hour' where id = $1`, [
      connectionId,
    ]);
    expect(await update('Active', 'Accepted')).toEqual(done('Active', 'Accepted'));
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
    expect(await update('New', 'Received')).toEqual(done('New', 'Received'));
    await expect(
      updateReferral(
        tenantId,
        '00000000-0000-4000-8000-000000000000',
        { wanted: { status: 'Active', substatus: 'Accepted' } },
        by,
      ),
    ).rejects.toMatchObject({ code: 'not_found' });
    const other = await createTenant({ slug: 'south', name: 'South' });
    await expect(
      updateReferral(
        other.id,
        referral.id,
        { wanted: { status: 'Active', substatus: 'Accepted' } },
        by,
      ),
    ).rejects.toMatchObject({ code: 'not_found' });
    expect([requests(patch), await trail()]).toEqual([[], []]);
  });

  it('reads the record first and writes only that version, because lists hold none', async () => {
    const [row] = await db.query<{ tag: string | null }>(
      `select raw_json->>'eTag' as tag from referrals where id = $1`,
      [referral.id],
    );
    expect(row?.tag).toBeNull();
    await update('Active', 'Accepted');
    expect([requests(one), requests(patch)]).toEqual([[200], [200]]);
  });

  it('bears a source that thinks the version wrong although nobody changed it', async () => {
    sandbox.faults.arm({ kind: 'status', status: 412, endpoint: patch, next: 1 });
    await update('Active', 'Accepted');
    expect([requests(patch), requests(one)]).toEqual([
      [412, 200],
      [200, 200],
    ]);
    expect(atSource(referral.externalId)).toMatchObject({ status: 'Active' });
  });

  it.each([502, 504])('that worked but was answered %i is found to have worked', async (status) => {
    sandbox.faults.arm({ kind: 'fail_after_effect', status, endpoint: patch, next: 1 });
    expect(await update('Active', 'Accepted')).toEqual(done('Active', 'Accepted'));
    expect([requests(patch), requests(one)]).toEqual([[status], [200, 200]]);
    expect(await trail()).toMatchObject([
      { outcome: 'done', message: expect.stringContaining('already had the new values') as string },
    ]);
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
    const headers = {
      authorization: `Bearer ${access}`,
      'client-request-id': 'x',
      'content-type': 'application/json',
    };
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
