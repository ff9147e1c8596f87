import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listConnectable } from '#lib/connections/connectable.ts';
import { registerWebhook } from '#lib/webhooks/inbound/registration.ts';
import { resetConfig } from '#lib/platform/config.ts';
import {
  app,
  connect,
  db,
  north,
  post,
  recorded,
  south,
  waiting,
  wakes,
  web,
  webhooks,
  type Place,
} from './hubspot-stage.ts';

const creation = { subscriptionType: 'contact.creation', objectId: 123 };
const accepted = { status: 200, received: 'accepted' };
const refused = { status: 401, received: undefined };
const minute = 60_000;

const shareApp = (shared: Record<string, string> = app) => {
  process.env['OAUTH_CLIENTS'] = JSON.stringify({ hubspot: shared });
  resetConfig();
};
const address = () => `${web.url}/api/webhooks/hubspot`;
const message = (...events: object[]) =>
  webhooks().message('portal', address(), events as (typeof creation)[]);
const reached = async () =>
  (await db.query<{ id: string }>('select connection_id as id from webhook_deliveries')).map(
    ({ id }) => id,
  );

let east: Place;
let west: Place;

beforeEach(async () => {
  shareApp();
  east = await connect('east', {});
  west = await connect('west', {});
  await db.query(`delete from pgboss.job where name = 'sync-connection'`);
  await db.query(`update connections set due_at = now() + interval '1 hour', wakes = 0`);
});
afterEach(async () => {
  delete process.env['OAUTH_CLIENTS'];
  resetConfig();
  await db.query(`delete from tenants where slug in ('east', 'west')`);
  await db.query(`delete from users where email in ('admin@east.test', 'admin@west.test')`);
});

describe('the address of the app', () => {
  it('hastens every connection to the account, each in its own workspace, and no other', async () => {
    expect(await webhooks().deliver('portal', address(), [creation])).toEqual([200]);
    expect((await reached()).toSorted()).toEqual(
      [east, west, north].map(({ connectionId }) => connectionId).toSorted(),
    );
    const places = [east, west, north, south];
    expect(await Promise.all(places.map((place) => wakes(place)))).toEqual([1, 1, 1, 0]);
    expect(await waiting()).toBe(3);
  });

  it('gives each connection the events of its account only', async () => {
    const accounts = 'update authorizations set account_id = $1 where connection_id = $2';
    await db.query(accounts, ['77', west.connectionId]);
    expect(
      await post(address(), message(creation, { ...creation, portalId: 77, objectId: 9 })),
    ).toEqual(accepted);
    const rows = await db.query<{ id: string; resource: string }>(
      'select connection_id as id, resource_id as resource from webhook_deliveries',
    );
    expect(rows.filter(({ id }) => id === west.connectionId)).toMatchObject([{ resource: '9' }]);
    expect(rows.filter(({ id }) => id === east.connectionId)).toMatchObject([{ resource: '123' }]);
  });

  it('answers the same about accounts that nobody has connected', async () => {
    expect(await post(address(), message({ ...creation, portalId: 424_242 }))).toEqual(accepted);
    expect(await recorded()).toEqual([]);
  });

  it('records copies once in each workspace', async () => {
    const one = message(creation);
    for (let copy = 0; copy < 3; copy += 1) expect(await post(address(), one)).toEqual(accepted);
    expect(await recorded()).toMatchObject([{ copies: 3 }, { copies: 3 }, { copies: 3 }]);
    expect([await wakes(east), await wakes(west)]).toEqual([1, 1]);
  });

  it('leaves out connections of the same account that were made with another app', async () => {
    const other = { clientId: 'another-app', clientSecret: 'secret-of-another-app' };
    shareApp(other);
    const signed = webhooks().message('portal', address(), [creation], {
      secret: other.clientSecret,
    });
    expect(await post(address(), signed)).toEqual(accepted);
    expect((await reached()).toSorted()).toEqual(
      [east, west].map(({ connectionId }) => connectionId).toSorted(),
    );
    expect(await wakes(north)).toBe(0);
  });

  it('leaves out a workspace that is archived and a connection that is gone or paused', async () => {
    await db.query(`update tenants set archived_at = now() where slug = 'east'`);
    await db.query('delete from connections where id = $1', [west.connectionId]);
    await db.query(`update connections set status = 'paused' where id = $1`, [north.connectionId]);
    expect(await post(address(), message(creation))).toEqual(accepted);
    await db.query(`update connections set status = 'active' where id = $1`, [north.connectionId]);
    expect([await reached(), await waiting(), await wakes(north)]).toEqual([
      [north.connectionId],
      0,
      0,
    ]);
  });
});

describe('what is not accepted at the address of the app', () => {
  it('is forged, late, signed for another address, or sent where there is no such app', async () => {
    const send = (given: { headers: Record<string, string>; body: string }, to = address()) =>
      post(to, given);
    const sign = (options: object) => webhooks().message('portal', address(), [creation], options);
    expect(await send(sign({ secret: 'wrong' }))).toEqual(refused);
    expect(await send(sign({ secret: '' }))).toEqual(refused);
    expect(await send(sign({ at: Date.now() - 6 * minute }))).toEqual(refused);
    expect(await send(sign({ at: Date.now() + 6 * minute }))).toEqual(refused);
    expect(await send(sign({ signedUrl: north.address }))).toEqual(refused);
    expect(await send({ ...message(creation), headers: {} })).toEqual(refused);
    for (const key of ['partner-center', 'salesforce', 'clienttether', 'nobody'])
      expect(await send(message(creation), address().replace('hubspot', key))).toEqual(refused);
    delete process.env['OAUTH_CLIENTS'];
    resetConfig();
    expect(await send(message(creation))).toEqual(refused);
    shareApp({ ...app, clientSecret: 'x' });
    expect(await send(sign({ secret: 'y' }))).toEqual(refused);
    expect(await recorded()).toEqual([]);
  });

  it('is a genuine body that cannot be read, or one that is too large', async () => {
    for (const [body, status] of [
      ['{}', 400],
      ['x'.repeat(1024 * 1024 + 1), 413],
    ] as const) {
      const headers = webhooks().sign('portal', address(), body);
      expect((await post(address(), { headers, body })).status).toBe(status);
    }
  });
});

it('the settings and the command line say whose address it is', async () => {
  const ways = listConnectable().filter(({ key }) => key === 'hubspot');
  expect(ways.map(({ webhook }) => webhook)).toEqual([null, 'by_app']);
  await expect(registerWebhook(east.tenantId, east.connectionId)).rejects.toThrow(
    `Webhooks of HubSpot are set up there, with this address: ${address()}`,
  );
});
