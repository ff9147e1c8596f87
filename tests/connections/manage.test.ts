import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rowsAccount, startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { listDueConnections } from '#lib/ingest/due.ts';
import {
  connectAccount,
  listConnectionViews,
  pauseConnection,
  reconnectAccount,
} from '../../src/lib/connections/manage.ts';
import { syncConnection } from '#lib/ingest/sync-connection.ts';
import { createTenant, type Tenant } from '#lib/identity/tenancy/tenants.ts';
import { useDatabase } from '../helpers/database.ts';
import { client } from '../helpers/rows.ts';

const db = useDatabase();
const secrets = { webKey: 'CT_managed', accessToken: 'token-managed' };
let sandbox: Sandbox;
let tenant: Tenant;
let other: Tenant;

beforeAll(async () => {
  sandbox = await startSandbox({
    accounts: [rowsAccount({ name: 'managed', ...secrets, rows: { clients: [client(1)] } })],
    now: Date.UTC(2026, 10, 20),
  });
  [tenant, other] = [
    await createTenant({ slug: 'acme', name: 'Acme' }),
    await createTenant({ slug: 'other', name: 'Other' }),
  ];
});
afterAll(() => sandbox.close());

const connect = (given: Record<string, string>) =>
  connectAccount({
    tenantId: tenant.id,
    provider: 'clienttether',
    label: ' ',
    settings: { baseUrl: sandbox.clienttether.baseUrl },
    secrets: given,
  });
const due = async () => (await listDueConnections(tenant.id, 1)).map(({ id }) => id);

describe('connecting an account', () => {
  it('asks the provider first, and stores nothing that it does not accept', async () => {
    await expect(connect({ ...secrets, webKey: 'CT_somebody_else' })).rejects.toMatchObject({
      code: 'bad_request',
      message: expect.stringMatching(
        /^ClientTether rejected these credentials, so nothing was saved\./,
      ) as string,
    });
    sandbox.faults.arm({ kind: 'down' });
    await expect(connect(secrets)).rejects.toThrow('could not check these credentials');
    sandbox.faults.disarm();
    await expect(
      connectAccount({ tenantId: tenant.id, provider: 'nope', label: '', settings: {}, secrets }),
    ).rejects.toThrow('Choose a system');
    expect(await db.query('select 1 from connections')).toEqual([]);
  });

  it('makes it due at once; a pause unschedules it, and others cannot touch it', async () => {
    const { id } = await connect(secrets);
    expect(await listConnectionViews(tenant.id)).toEqual([
      {
        id,
        label: 'ClientTether',
        provider: 'clienttether',
        auth: null,
        status: 'active',
        statusReason: null,
        baseUrl: sandbox.clienttether.baseUrl,
        webhook: {
          address: expect.stringMatching(
            `^http.*/api/webhooks/clienttether/${tenant.id}/${id}$`,
          ) as string,
          state: null,
          reason: null,
          checkedAt: null,
          lastAt: null,
        },
        health: { circuit: null, pausedUntil: null, waiting: null },
        authorization: null,
        sharing: { uses: undefined, usedBy: 0 },
      },
    ]);
    expect(await due()).toEqual([id]);
    await pauseConnection(tenant.id, id, true);
    expect(await due()).toEqual([]);
    for (const attempt of [
      () => pauseConnection(other.id, id, false),
      () => reconnectAccount(other.id, id, secrets),
      () => pauseConnection(tenant.id, 'x', true),
    ])
      await expect(attempt()).rejects.toMatchObject({ code: 'not_found' });
    expect(await due()).toEqual([]);
    await pauseConnection(tenant.id, id, false);
    expect(await due()).toEqual([id]);
  });

  it('replaces refused credentials, and the next sync works', async () => {
    const [{ id } = { id: '' }] = await listConnectionViews(tenant.id);
    sandbox.faults.arm({ kind: 'status', status: 401 });
    await syncConnection({ tenantId: tenant.id, connectionId: id, trigger: 'cli' });
    sandbox.faults.disarm();
    expect((await listConnectionViews(tenant.id))[0]).toMatchObject({ status: 'needs_reconnect' });
    await expect(
      reconnectAccount(tenant.id, id, { ...secrets, accessToken: 'wrong-token' }),
    ).rejects.toThrow('rejected these credentials');
    await reconnectAccount(tenant.id, id, secrets);
    expect((await listConnectionViews(tenant.id))[0]).toMatchObject({
      status: 'active',
      statusReason: null,
    });
    expect(await due()).toEqual([id]);
    expect(
      (await syncConnection({ tenantId: tenant.id, connectionId: id, trigger: 'cli' })).status,
    ).toBe('success');
    expect(await db.query('select name, version from credentials order by name')).toEqual([
      { name: 'accessToken', version: 2 },
      { name: 'webKey', version: 2 },
    ]);
  });
});
