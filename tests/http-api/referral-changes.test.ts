import { afterAll, describe, expect, it } from 'vitest';
import { createConnection } from '#lib/connections/connections.ts';
import { syncConnection } from '#lib/ingest/sync-connection.ts';
import { find, findAll, parseHtml, readText } from '../helpers/html.ts';
import type { WebClient } from '../helpers/web.ts';
import {
  db,
  sandbox,
  viewer,
  member,
  stranger,
  tenantId,
  connectionId,
  type Raw,
  all,
} from './referrals-stage.ts';

describe('POST /api/referrals/{id}', () => {
  const active = { status: 'Active', substatus: 'Accepted' };
  const closed = { status: 'Closed', substatus: 'Lost' };

  it('changes a referral at the source, for members, along what may follow', async () => {
    const [row] = await all('status=New');
    const address = `/api/referrals/${row?.id}?tenant=north`;
    expect((await viewer.postJson(address, active)).status).toBe(403);
    expect((await stranger.postJson(address, active)).status).toBe(404);
    for (const body of [
      {},
      { status: 'Active' },
      { ...active, more: 1 },
      { status: 'New', substatus: 'Pending' },
      { status: 'Closed', substatus: 'Expired' },
    ])
      expect((await member.postJson(address, body)).status).toBe(400);
    expect(await member.postJson(address, active)).toMatchObject({ status: 200, body: active });
    expect(
      (sandbox.partnerCenter.truth('partner').referrals as unknown as Raw[]).find(
        ({ id }) => id === row?.externalId,
      ),
    ).toMatchObject(active);
    expect(
      await db.query('select outcome, requested_by is not null as named from write_backs'),
    ).toEqual([{ outcome: 'done', named: true }]);
  });

  it('is a form on the page of a referral, which shows at once what was written', async () => {
    // The list still shows the one that was changed before as new.
    const [, row] = await all('status=New');
    const path = `/w/north/referrals/${row?.id}?type=${row?.type}`;
    const shown = async (client: WebClient) => parseHtml(await client.text(path));
    expect(findAll(find(await shown(viewer), '#main'), 'select')).toEqual([]);
    expect(
      findAll(await shown(member), 'option').map(({ attributes }) => attributes['value']),
    ).toEqual(['Active/Accepted', 'Closed/Declined', 'Closed/Won', 'Closed/Lost']);
    expect((await viewer.postForm(path, { state: 'Active/Accepted' })).status).toBe(403);
    expect((await member.postForm(path, { state: 'x' })).status).toBe(400);
    const answer = await member.postForm(path, { state: `${closed.status}/${closed.substatus}` });
    expect([answer.status, answer.headers.get('location')]).toEqual([303, `${path}&done=changed`]);
    const page = readText(find(parseHtml(await member.text(`${path}&done=changed`)), '#main'));
    for (const words of [
      'Partner Center has accepted the change',
      'Lost',
      'Status: Lost. Change it to',
      '(accepted)',
    ])
      expect(page).toContain(words);
  });

  afterAll(async () => {
    await db.query('delete from write_backs');
    await db.query(`delete from pgboss.job where name = 'sync-connection'`);
    await syncConnection({ tenantId, connectionId, trigger: 'cli' });
  });
});

describe('POST /api/referrals/sync', () => {
  const start = '/api/referrals/sync?tenant=north';

  it('is for members, starts one sync of Partner Center, and refuses a second', async () => {
    await createConnection({
      tenantId,
      provider: 'clienttether',
      settings: { baseUrl: 'http://127.0.0.1:9/' },
      secrets: { webKey: 'k', accessToken: 'token-of-another-system' },
    });
    expect((await viewer.postJson(start)).status).toBe(403);
    const status = async () =>
      readText(find(parseHtml(await viewer.text('/w/north/referrals')), '[data-referral-sync]'));
    expect(await status()).toMatch(/^Last sync: .* \(OK\)$/);
    expect(await member.postJson(start)).toMatchObject({ status: 202, body: { queued: 1 } });
    expect(await status()).toMatch(/\(queued\)$/);
    await db.query(`update pgboss.job set state = 'completed' where name = 'sync-connection'`);
    await db.query(`delete from pgboss.job where name = 'sync-connection'`);
    const form = await member.postForm(start, { return: '/w/north/referrals?type=co-sell' });
    expect([form.status, form.headers.get('location')]).toEqual([
      303,
      '/w/north/referrals?type=co-sell&done=sync-started',
    ]);
    expect(await member.postJson(start)).toMatchObject({
      status: 409,
      body: { error: { code: 'conflict' } },
    });
    expect(
      await db.query(
        `select data->>'connectionId' as id from pgboss.job where name = 'sync-connection'`,
      ),
    ).toEqual([{ id: connectionId }]);
  });

  it('says what is missing where Partner Center is not connected', async () => {
    const { status, body } = await stranger.postJson<{ error: { message: string } }>(
      '/api/referrals/sync?tenant=south',
    );
    expect([status, body.error.message]).toEqual([
      409,
      'This workspace has no connection to Partner Center to sync. Connect one first.',
    ]);
  });
});
