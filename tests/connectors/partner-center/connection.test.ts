import { describe, expect, it } from 'vitest';
import { connectAccount, listConnectionViews, reconnectAccount } from '#lib/connections/manage.ts';
import { listDueRefreshes, refreshTokens } from '#lib/connections/oauth/token-refresh.ts';
import {
  db,
  secrets,
  sandbox,
  tenantId,
  connectionId,
  settings,
  sync,
  tokenCalls,
} from './stage.ts';

describe('a connection to Partner Center', () => {
  const health = async () =>
    (await listConnectionViews(tenantId)).find(({ id }) => id === connectionId);

  it('is checked before it is stored, with the refresh token that is good afterwards', async () => {
    const request = {
      tenantId,
      provider: 'partner-center',
      label: '',
      settings: settings(),
      secrets,
    };
    await expect(
      connectAccount({ ...request, settings: { ...settings(), clientId: '' } }),
    ).rejects.toThrow('needs the setting clientId');
    await expect(
      connectAccount({ ...request, secrets: { ...secrets, clientSecret: 'wrong' } }),
    ).rejects.toThrow('rejected these credentials');
    const { id } = await connectAccount(request);
    expect(await sync(id)).toMatchObject({ status: 'success', fetched: 260 });
    sandbox.faults.arm({ kind: 'status', status: 503, endpoint: 'GET v1.0/engagements/referrals' });
    await expect(
      reconnectAccount(tenantId, id, {
        ...secrets,
        refreshToken: sandbox.partnerCenter.desk.consent('partner'),
      }),
    ).rejects.toThrow('used up the refresh token that you entered: create a new one');
  });

  it('is checked by the first page where the list cannot be cut short', async () => {
    Object.assign(sandbox.partnerCenter.account('partner').spec, { quirks: { refusesTop: true } });
    const account = { tenantId, provider: 'partner-center', label: '' };
    const { id } = await connectAccount({ ...account, settings: settings(), secrets });
    expect(await sync(id)).toMatchObject({ status: 'success', fetched: 260 });
  });

  it('asks to be connected again when the grant was withdrawn, and only then', async () => {
    await sync();
    sandbox.partnerCenter.desk.expire('partner');
    sandbox.faults.arm({ kind: 'status', status: 500, endpoint: 'POST :tenant/oauth2/token' });
    expect(await sync()).toMatchObject({ status: 'failed' });
    expect(await health()).toMatchObject({ status: 'active' });
    sandbox.faults.disarm();
    await db.query('update credentials set lease_until = null where tenant_id = $1', [tenantId]);
    sandbox.partnerCenter.desk.revoke('partner');
    expect(await sync()).toMatchObject({ status: 'failed' });
    expect(await health()).toMatchObject({
      status: 'needs_reconnect',
      statusReason: expect.stringContaining('Connect it again') as string,
    });
    await reconnectAccount(tenantId, connectionId, {
      ...secrets,
      refreshToken: sandbox.partnerCenter.desk.consent('partner'),
    });
    expect(await sync()).toMatchObject({ status: 'success' });
    expect(await health()).toMatchObject({ status: 'active' });
  });

  it('is renewed early: access tokens within the hour, refresh tokens long before', async () => {
    await sync();
    expect(await listDueRefreshes(tenantId, 3_000)).toEqual([]);
    expect(await listDueRefreshes(tenantId, 3_600)).toEqual([
      { connectionId, at: expect.any(Date) as Date },
    ]);
    const age = (name: string, left: string, life: string) =>
      db.query(
        `update credentials
         set expires_at = now() + interval '${left}',
           updated_at = now() + interval '${left}' - interval '${life}'
         where tenant_id = $1 and name = $2`,
        [tenantId, name],
      );
    expect(await refreshTokens(tenantId, connectionId)).toEqual({ kind: 'done' });
    expect(tokenCalls()).toBe(1);
    await age('accessToken', '4 minutes', '1 hour');
    expect(await refreshTokens(tenantId, connectionId)).toEqual({ kind: 'done' });
    expect(tokenCalls()).toBe(2);
    await age('refreshToken', '8 days', '90 days');
    await db.query(`update connections set status = 'paused' where tenant_id = $1`, [tenantId]);
    expect(await listDueRefreshes(tenantId, 1)).toHaveLength(1);
    expect(await refreshTokens(tenantId, connectionId)).toEqual({ kind: 'done' });
    expect(tokenCalls()).toBe(3);
    expect(await listDueRefreshes(tenantId, 3_600)).toEqual([]);
    await age('accessToken', '-1 minutes', '1 hour');
    sandbox.faults.arm({
      kind: 'rate_limited',
      retryAfter: '120',
      endpoint: 'POST :tenant/oauth2/token',
      next: 1,
    });
    expect(await refreshTokens(tenantId, connectionId)).toEqual({
      kind: 'later',
      at: expect.any(Date) as Date,
    });
    await db.query('update credentials set lease_until = null where tenant_id = $1', [tenantId]);
    sandbox.partnerCenter.desk.revoke('partner');
    expect(await refreshTokens(tenantId, connectionId)).toMatchObject({ kind: 'dead' });
    expect(await health()).toMatchObject({ status: 'needs_reconnect' });
  });
});
