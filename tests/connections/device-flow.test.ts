import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { getSignIn, listPendingSignIns } from '#lib/connections/oauth/sign-in-queries.ts';
import {
  startDeviceAuthorization,
  restartDeviceAuthorization,
} from '#lib/connections/oauth/device-flow/start.ts';
import { listConnectionViews } from '#lib/connections/manage.ts';
import { syncConnection } from '#lib/ingest/sync-connection.ts';
import { enabledFeatures } from '#lib/identity/features.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { pollDeviceFlowJob } from '../../worker/jobs/poll-consent.ts';
import { useDatabase } from '../helpers/database.ts';

const db = useDatabase();
const credentials = {
  clientId: 'partner-app',
  clientSecret: 'partner-secret-0123',
  refreshToken: 'partner-consent-0123',
};
const by = '00000000-0000-4000-8000-000000000001';
const token = 'POST :tenant/oauth2/token';
let sandbox: Sandbox;
let tenantId: string;
let count = 0;

beforeAll(async () => {
  sandbox = await startSandbox({
    accounts: [],
    partners: [
      {
        name: 'partner',
        label: 'Partner',
        ...credentials,
        seed: 'partner',
        referrals: 12,
        countedOn: Date.UTC(2026, 10, 20),
      },
    ],
    now: Date.UTC(2026, 10, 20),
  });
});
afterAll(() => sandbox.close(0));
beforeEach(async () => {
  count += 1;
  sandbox.faults.disarm();
  tenantId = (await createTenant({ slug: `consent-${count}`, name: 'North' })).id;
});

const settings = () => ({
  baseUrl: sandbox.partnerCenter.baseUrl,
  loginUrl: sandbox.partnerCenter.loginUrl,
  clientId: credentials.clientId,
});
const start = (secrets: Record<string, string> = { clientSecret: credentials.clientSecret }) =>
  startDeviceAuthorization({
    tenantId,
    provider: 'partner-center',
    label: 'Our partner',
    settings: settings(),
    secrets,
    requestedBy: by,
  });
/** One turn of the worker; the sandbox's clock goes on by so many seconds before it. */
async function poll(consentId: string, seconds = 10) {
  sandbox.clock.shift(seconds * 1000);
  return (await pollDeviceFlowJob({ tenantId, consentId })).kind;
}
const decide = async (id: string, decision: 'approved' | 'declined') =>
  expect(
    sandbox.partnerCenter.devices.decide(
      (await getSignIn(tenantId, id)).code?.userCode ?? '',
      decision,
    ),
  ).toBe(true);
const stored = (id: string) =>
  db.query('select state, sealed is null as emptied, message from device_consents where id = $1', [
    id,
  ]);

describe('signing in with a code', () => {
  it('connects the account once the person has agreed, and not before', async () => {
    const id = await start();
    expect(await getSignIn(tenantId, id)).toMatchObject({
      provider: 'Partner Center',
      label: 'Our partner',
      state: 'waiting',
      code: {
        userCode: expect.stringMatching(/^\w+$/) as string,
        verificationUrl: `${sandbox.partnerCenter.loginUrl}device`,
      },
    });
    expect(await listPendingSignIns(tenantId)).toHaveLength(1);
    expect(
      await db.query(
        `select data->>'consentId' as id, start_after > now() as later
         from pgboss.job
         where name = 'poll-consent' and data->>'consentId' = $1`,
        [id],
      ),
    ).toEqual([{ id, later: true }]);
    expect([await poll(id), await poll(id)]).toEqual(['again', 'again']);
    expect(await listConnectionViews(tenantId)).toEqual([]);
    await decide(id, 'approved');
    expect(await poll(id)).toBe('ok');
    expect(await stored(id)).toEqual([{ state: 'connected', emptied: true, message: null }]);
    const [connection] = await listConnectionViews(tenantId);
    expect(connection).toMatchObject({
      label: 'Our partner',
      provider: 'partner-center',
      status: 'active',
    });
    expect(
      await syncConnection({ tenantId, connectionId: connection?.id ?? '', trigger: 'cli' }),
    ).toMatchObject({ status: 'success' });
    expect([...(await enabledFeatures(tenantId))]).toEqual(['lead-engine']);
    expect([await poll(id), (await listConnectionViews(tenantId)).length]).toEqual(['ok', 1]);
  });

  it('keeps what was entered sealed, and the code out of every readable place', async () => {
    const id = await start();
    const [row] = await db.query<{ text: string }>(
      'select device_consents::text as text from device_consents where id = $1',
      [id],
    );
    expect(row?.text).not.toMatch(/partner-secret|device-code-/);
    expect(
      JSON.stringify(await db.query(`select data from pgboss.job where name = 'poll-consent'`)),
    ).not.toMatch(/partner-secret|device-code-/);
    expect(JSON.stringify(await getSignIn(tenantId, id))).not.toMatch(
      /partner-secret|device-code-/,
    );
  });

  it('asks less often when it is told to', async () => {
    const id = await start();
    const every = async () => (await getSignIn(tenantId, id)).code?.intervalSeconds;
    expect([
      await poll(id),
      await poll(id, 1),
      await every(),
      await poll(id, 30),
      await every(),
    ]).toEqual(['again', 'again', 10, 'again', 10]);
  });

  it.each([
    [
      'the person refuses',
      async (id: string) => decide(id, 'declined'),
      { state: 'refused', message: 'The person who signed in declined to give access.' },
    ],
    [
      'the code runs out at the provider',
      () => Promise.resolve(sandbox.clock.shift(1_000_000)),
      { state: 'expired' },
    ],
    [
      'the code runs out here',
      async (id: string) =>
        void (await db.query(`update device_consents set expires_at = now() where id = $1`, [id])),
      { state: 'expired' },
    ],
    [
      'the key is withdrawn meanwhile',
      async (id: string) =>
        void (await db.query(
          `update device_consents set sealed = decode('00', 'hex') where id = $1`,
          [id],
        )),
      { state: 'refused' },
    ],
    [
      'the account has no role there',
      async (id: string) => {
        await decide(id, 'approved');
        sandbox.faults.arm({
          kind: 'status',
          status: 403,
          endpoint: 'GET v1.0/engagements/referrals',
          next: 1,
        });
      },
      { state: 'refused', message: expect.stringContaining('Referral Admin') as string },
    ],
  ])('ends without a connection when %s', async (_what, happen, end) => {
    const id = await start();
    await happen(id);
    expect(await poll(id)).toBe('ok');
    expect(await stored(id)).toMatchObject([{ ...end, emptied: true }]);
    expect(await getSignIn(tenantId, id)).toMatchObject(end);
    expect([
      await listConnectionViews(tenantId),
      await listPendingSignIns(tenantId),
      [...(await enabledFeatures(tenantId))],
    ]).toEqual([[], [], []]);
  });

  it('bears an endpoint that is silent, and a code that a lost response used up', async () => {
    const id = await start();
    sandbox.faults.arm({ kind: 'status', status: 503, endpoint: token, next: 1 });
    expect(await poll(id)).toBe('again');
    await decide(id, 'approved');
    sandbox.faults.arm({ kind: 'fail_after_effect', status: 502, endpoint: token, next: 1 });
    expect([await poll(id), await poll(id)]).toEqual(['again', 'ok']);
    expect(await stored(id)).toMatchObject([
      { state: 'refused', message: expect.stringContaining('Start again') as string },
    ]);
  });

  it('connects again what was refused, with the secrets that it has', async () => {
    const first = await start();
    await decide(first, 'approved');
    await poll(first);
    const [connection] = await listConnectionViews(tenantId);
    sandbox.partnerCenter.desk.revoke('partner');
    await syncConnection({ tenantId, connectionId: connection?.id ?? '', trigger: 'cli' });
    expect(await listConnectionViews(tenantId)).toMatchObject([{ status: 'needs_reconnect' }]);
    const again = await restartDeviceAuthorization(
      tenantId,
      connection?.id ?? '',
      { clientSecret: '' },
      by,
    );
    await decide(again, 'approved');
    await poll(again);
    expect(await listConnectionViews(tenantId)).toMatchObject([
      { id: connection?.id, status: 'active' },
    ]);
    expect(
      await syncConnection({ tenantId, connectionId: connection?.id ?? '', trigger: 'cli' }),
    ).toMatchObject({ status: 'success' });
  });

  it('says at once what is missing or refused, and stores nothing', async () => {
    await expect(start({})).rejects.toThrow('needs the secret clientSecret');
    await expect(
      startDeviceAuthorization({
        tenantId,
        provider: 'clienttether',
        label: '',
        settings: {},
        secrets: {},
        requestedBy: by,
      }),
    ).rejects.toThrow('does not support signing in with a code');
    await expect(
      startDeviceAuthorization({
        tenantId,
        provider: 'partner-center',
        label: '',
        settings: { ...settings(), clientId: 'nobody' },
        secrets: { clientSecret: 'x' },
        requestedBy: by,
      }),
    ).rejects.toThrow('issued no sign-in code');
    expect(await listPendingSignIns(tenantId)).toEqual([]);
    const other = await createTenant({ slug: `other-${count}`, name: 'South' });
    await expect(getSignIn(other.id, await start())).rejects.toMatchObject({
      code: 'not_found',
    });
  });
});
