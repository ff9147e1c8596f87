import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { rowsAccount, startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { createConnection, storeSecret } from '../../src/lib/connections/connections.ts';
import { testConnection, type Step } from '#lib/connections/test/run.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { withTenant } from '#lib/identity/tenancy/with-tenant.ts';
import { useDatabase } from '../helpers/database.ts';
import { allowForLoad } from '../helpers/patience.ts';
import { startProcess } from '../helpers/processes.ts';
import { client } from '../helpers/rows.ts';

allowForLoad();
const db = useDatabase();
const credentials = {
  clientId: 'partner-app',
  clientSecret: 'partner-secret-0123',
  refreshToken: 'partner-consent-0123',
};
let sandbox: Sandbox;
let tenantId: string;
let partner: string;
let tether: string;

beforeAll(async () => {
  sandbox = await startSandbox({
    accounts: [
      rowsAccount({
        name: 'one',
        webKey: 'CT_cli_key',
        accessToken: 'cli-token',
        rows: { clients: [client(1)] },
      }),
    ],
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
  tenantId = (await createTenant({ slug: 'acme', name: 'Acme' })).id;
});
afterAll(() => sandbox.close(0));
beforeEach(async () => {
  sandbox.faults.disarm();
  await db.query('delete from connections');
  const { baseUrl, loginUrl } = sandbox.partnerCenter;
  const refreshToken = sandbox.partnerCenter.desk.consent('partner');
  partner = (
    await createConnection({
      tenantId,
      provider: 'partner-center',
      settings: { baseUrl, loginUrl, clientId: credentials.clientId },
      secrets: { clientSecret: credentials.clientSecret, refreshToken },
    })
  ).id;
  tether = (
    await createConnection({
      tenantId,
      provider: 'clienttether',
      settings: { baseUrl: sandbox.clienttether.baseUrl },
      secrets: { webKey: 'CT_cli_key', accessToken: 'cli-token' },
    })
  ).id;
});

async function run(connectionId: string): Promise<{ code: number | null; output: string }> {
  const { exited, output } = startProcess('cli/index.ts', db.url, { LOG_LEVEL: 'error' }, [
    'connection',
    'test',
    '--tenant',
    'acme',
    '--connection',
    connectionId,
  ]);
  const { code } = await exited;
  expect(output()).not.toMatch(/partner-secret|rt-|rt~|cli-token|CT_cli_key/);
  return { code, output: output() };
}
const rows = () =>
  db.query(
    `select (select count(*)::int from referrals) + (select count(*)::int from leads) +
       (select count(*)::int from raw_snapshots) + (select count(*)::int from sync_runs) as stored`,
  );
const failed = async (connectionId: string): Promise<Step[]> =>
  (await testConnection(tenantId, connectionId)).steps.filter(({ ok }) => ok === false);

describe('connection test', () => {
  it('says step by step that all is well, and stores nothing', async () => {
    const { code, output } = await run(partner);
    expect([code, output]).toEqual([
      0,
      expect.stringMatching(
        new RegExp(
          [
            'ok +settings .*',
            'ok +secrets .*clientSecret, refreshToken.*',
            'ok +token .*60 minutes.*',
            'ok +access .*',
            'ok +account .*Own Partner.*',
            String.raw`ok +read referrals +\d+ items? on the first page, and there are no more`,
          ].join('\n'),
        ),
      ),
    ]);
    expect(output).toContain('The connection works.');
    expect(await rows()).toEqual([{ stored: 0 }]);
    expect(await testConnection(tenantId, tether)).toMatchObject({ isUsable: true });
  });

  it('names what is wrong and what to mend, and skips what hangs on it', async () => {
    sandbox.partnerCenter.desk.revoke('partner');
    const { code, output } = await run(partner);
    expect([code, output]).toEqual([
      7,
      expect.stringMatching(
        /FAILED +token .*invalid_grant.*\n +Get new credentials.*\nskipped +access/,
      ),
    ]);
    expect(await testConnection(tenantId, partner)).toMatchObject({
      isUsable: false,
      steps: [{ ok: true }, { ok: true }, { ok: false }, { ok: null }, { ok: null }, { ok: null }],
    });
  });

  it('tells apart wrong secret, missing role, absent host, unreadable page, lost key', async () => {
    await withTenant(tenantId, (tx) =>
      storeSecret(tx, { tenantId, id: partner }, 'clientSecret', 'wrong-secret-0123'),
    );
    expect(await failed(partner)).toMatchObject([
      { step: 'token', message: expect.stringContaining('invalid_client') as string },
    ]);
    await withTenant(tenantId, (tx) =>
      storeSecret(tx, { tenantId, id: partner }, 'clientSecret', credentials.clientSecret),
    );
    sandbox.faults.arm({ kind: 'status', status: 403, endpoint: 'GET v1.0/engagements/referrals' });
    expect(await failed(partner)).toMatchObject([
      {
        step: 'access',
        message: expect.stringContaining('Referral Admin') as string,
        mend: expect.stringContaining('rights') as string,
      },
    ]);
    sandbox.faults.disarm();
    sandbox.faults.arm({ kind: 'html_200', endpoint: 'GET v1.0/engagements/referrals', after: 2 });
    expect(await failed(partner)).toMatchObject([{ step: 'read referrals' }]);
    sandbox.faults.disarm();
    await db.query(
      `update connections
       set settings = settings || '{"baseUrl":"http://127.0.0.1:9/"}'
       where id = $1`,
      [tether],
    );
    expect(await failed(tether)).toMatchObject([
      {
        step: 'access',
        message: expect.stringContaining('ECONNREFUSED') as string,
        mend: expect.stringContaining('can reach the host') as string,
      },
    ]);
    await db.query(
      `update connections
       set settings = settings || '{"baseUrl":"https://evil.example/"}'
       where id = $1`,
      [tether],
    );
    expect(await failed(tether)).toMatchObject([
      {
        step: 'settings',
        message: expect.stringContaining('is not a host of ClientTether') as string,
      },
    ]);
    await db.query(`delete from credentials where connection_id = $1 and name = 'clientSecret'`, [
      partner,
    ]);
    expect(await failed(partner)).toMatchObject([
      { step: 'secrets', message: expect.stringContaining('clientSecret is missing') as string },
    ]);
    await db.query(`update credentials set sealed = decode('00', 'hex') where connection_id = $1`, [
      partner,
    ]);
    expect(await failed(partner)).toMatchObject([
      { step: 'secrets', mend: expect.stringContaining('TRIBUTARY_KEYS') as string },
    ]);
  });

  it('counts what would be rejected', async () => {
    sandbox.partnerCenter.poison('partner', { poison: 'missing_id', count: 2 });
    expect((await testConnection(tenantId, partner)).steps.at(-1)).toMatchObject({
      ok: true,
      message: expect.stringMatching(
        /2 would be rejected: The referral arrived without an id\./,
      ) as string,
    });
    await expect(testConnection(tenantId, 'x')).rejects.toMatchObject({ code: 'not_found' });
  });
});
