import { beforeAll, describe, expect, it } from 'vitest';
import {
  createConnection,
  openConnection,
  setConnectionHealth,
  updateSettings,
} from '../../src/lib/connections/connections.ts';
import { scrub } from '../../src/lib/platform/secrets.ts';
import { createTenant, type Tenant } from '#lib/identity/tenancy/tenants.ts';
import { withTenant } from '#lib/identity/tenancy/with-tenant.ts';
import { useDatabase } from '../helpers/database.ts';

const db = useDatabase();
let tenant: Tenant;
beforeAll(async () => {
  tenant = await createTenant({ slug: 'acme', name: 'Acme' });
});

const secrets = { webKey: 'CT_0123456789', accessToken: 'token-0123456789' };
const create = (settings: Record<string, unknown>, more: object = {}) =>
  createConnection({ tenantId: tenant.id, provider: 'clienttether', settings, secrets, ...more });

describe('a connection', () => {
  it.each([
    'http://api.clienttether.com/v2/api/',
    'https://api.clienttether.com.evil.example/',
    'https://evil.example/api.clienttether.com/',
    'https://user:pw@api.clienttether.com/',
    'https://169.254.169.254/',
    'https://[fd00::1]/',
    'https://2130706433.example/',
    'ftp://api.clienttether.com/',
    'not a url',
    'https://xapi.clienttether.com/',
    'https://127.0.0.1.nip.example/',
  ])('cannot name the host %s', async (baseUrl) => {
    await expect(create({ baseUrl })).rejects.toMatchObject({
      name: 'Problem',
      code: 'bad_request',
    });
  });

  it('refuses unknown settings, unknown secrets and missing secrets, by name', async () => {
    await expect(create({ nonsense: 1 })).rejects.toThrow('nonsense');
    await expect(create({}, { secrets: { ...secrets, other: 'x' } })).rejects.toThrow(
      'no secret called other',
    );
    await expect(create({}, { secrets: { webKey: ' ' } })).rejects.toThrow(
      'needs the secret accessToken and webKey',
    );
    expect(await db.query('select 1 from connections')).toEqual([]);
  });

  it('keeps its secrets sealed, opens them only here, and redacts them in every text', async () => {
    const connection = await create({});
    const rows = await db.query<{ sealed: Buffer; name: string }>(
      'select name, sealed from credentials',
    );
    for (const { sealed } of rows)
      expect(sealed.toString('latin1')).not.toMatch(/CT_0123456789|token-0123456789/);
    expect((await openConnection(tenant.id, connection.id)).secrets).toEqual(secrets);
    expect(
      scrub(`GET /?key=${secrets.webKey} Authorization: Bearer ${secrets.accessToken}`),
    ).not.toMatch(/0123456789/);
    await db.query(
      `update credentials
       set name = case name when 'webKey' then 'x' when 'accessToken' then 'webKey' end`,
    );
    await expect(openConnection(tenant.id, connection.id)).rejects.toThrow('does not belong here');
  });

  it('says that it needs a person, and stops; a pause outlives a good response', async () => {
    const connection = await create({});
    const health = (refusal: string | null) =>
      withTenant(tenant.id, (tx) => setConnectionHealth(tx, tenant.id, connection.id, refusal));
    const status = async () =>
      (
        await db.query('select status, status_reason as reason from connections where id = $1', [
          connection.id,
        ])
      )[0];
    await health('The token was refused.');
    expect(await status()).toEqual({ status: 'needs_reconnect', reason: 'The token was refused.' });
    await health(null);
    expect(await status()).toEqual({ status: 'active', reason: null });
    await db.query(`update connections set status = 'paused' where id = $1`, [connection.id]);
    await health(null);
    expect(await status()).toMatchObject({ status: 'paused' });
  });

  it('takes new settings after the same checks', async () => {
    const connection = await create({});
    await updateSettings(tenant.id, connection.id, { pageSize: 25 });
    await expect(
      updateSettings(tenant.id, connection.id, { baseUrl: 'https://evil.example/' }),
    ).rejects.toThrow('not a host of ClientTether');
    expect(
      await db.query('select settings from connections where id = $1', [connection.id]),
    ).toEqual([{ settings: { pageSize: 25 } }]);
  });
});
