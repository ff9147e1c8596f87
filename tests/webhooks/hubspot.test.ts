import { afterEach, describe, expect, it } from 'vitest';
import { syncConnection } from '#lib/ingest/sync-connection.ts';
import { listConnectable } from '#lib/connections/connectable.ts';
import { listConnectionViews } from '#lib/connections/manage.ts';
import { registerWebhook } from '#lib/webhooks/inbound/registration.ts';
import { resetConfig } from '#lib/platform/config.ts';
import { newId } from '#lib/platform/id.ts';
import {
  app,
  connect,
  connectByToken,
  db,
  north,
  portalId,
  post,
  recorded,
  sandbox,
  south,
  waiting,
  wakes,
  web,
  webhooks,
} from './hubspot-stage.ts';

const creation = { subscriptionType: 'contact.creation', objectId: 123 };
const accepted = { status: 200, received: 'new' };
const refused = { status: 401, received: undefined };
const minute = 60_000;

afterEach(async () => {
  delete process.env['OAUTH_CLIENTS'];
  resetConfig();
  await db.query(`delete from tenants where slug = 'west'`);
});

describe('a delivery of HubSpot', () => {
  it('that is genuine is recorded, and makes the connection due', async () => {
    expect(await webhooks().deliver('portal', north.address, [creation])).toEqual([200]);
    expect(await recorded()).toEqual([
      { event: 'contact.creation', resource_id: '123', copies: 1 },
    ]);
    expect([await waiting(), await wakes(north), await wakes(south)]).toEqual([1, 1, 0]);
  });

  it('may be up to five minutes under way, and is refused later, or from the future', async () => {
    const send = (at: number) =>
      post(north.address, webhooks().message('portal', north.address, [creation], { at }));
    expect(await send(Date.now() - 4 * minute)).toEqual(accepted);
    expect(await send(Date.now() + 4 * minute)).toEqual(accepted);
    expect(await send(Date.now() - 6 * minute)).toEqual(refused);
    expect(await send(Date.now() + 6 * minute)).toEqual(refused);
    expect(await recorded()).toHaveLength(2);
  });

  it('that is replayed within five minutes changes nothing', async () => {
    const message = webhooks().message('portal', north.address, [creation]);
    expect(await post(north.address, message)).toEqual(accepted);
    const again = Array.from({ length: 9 }, () => post(north.address, message));
    expect(await Promise.all(again)).toEqual(again.map(() => ({ status: 200, received: 'known' })));
    expect([await recorded(), await wakes(north)]).toMatchObject([[{ copies: 10 }], 1]);
  });

  it('is refused with a changed byte, another order of fields, or another secret', async () => {
    const { headers, body } = webhooks().message('portal', north.address, [creation]);
    const reordered = JSON.stringify(
      (JSON.parse(body) as object[]).map((event) =>
        Object.fromEntries(Object.entries(event).toReversed()),
      ),
    );
    const changed = [body.replace('123', '124'), `${body}\n`, reordered, ''];
    for (const other of changed)
      expect(await post(north.address, { headers, body: other })).toEqual(refused);
    for (const secret of ['wrong', '', app.clientId])
      expect(
        await post(
          north.address,
          webhooks().message('portal', north.address, [creation], { secret }),
        ),
      ).toEqual(refused);
    const { 'x-hubspot-signature-v3': _signature, ...unsigned } = headers;
    expect(await post(north.address, { headers: unsigned, body })).toEqual(refused);
    expect([await recorded(), await wakes(north)]).toEqual([[], 0]);
  });

  it('is proved for the public address, whichever host it was sent to', async () => {
    const inside = north.address.replace('127.0.0.1', 'localhost');
    const signed = (signedUrl: string) =>
      webhooks().message('portal', inside, [creation], { signedUrl });
    expect(await post(inside, signed(north.address))).toEqual(accepted);
    expect(await post(inside, signed(inside))).toEqual(refused);
    const query = `${north.address}?from=%40hub%2Cspot&x=%20`;
    expect(await post(query, webhooks().message('portal', query, [creation]))).toEqual(accepted);
    expect(await post(`${query}y`, webhooks().message('portal', query, [creation]))).toEqual(
      refused,
    );
  });
});

describe('an event for another account', () => {
  it('is counted and has no effect, alone or among others', async () => {
    const foreign = { ...creation, portalId: 9_922 };
    const send = (events: (typeof creation)[]) =>
      post(north.address, webhooks().message('portal', north.address, events));
    expect(await send([foreign, foreign])).toEqual({ status: 200, received: 'ignored' });
    expect([await recorded(), await waiting(), await wakes(north)]).toEqual([[], 0, 0]);
    expect(await send([foreign, creation, foreign])).toEqual(accepted);
    expect(await recorded()).toHaveLength(1);
  });

  it('does not reach another workspace, whose address was not signed or whose app is another', async () => {
    const message = webhooks().message('portal', north.address, [creation]);
    expect(await post(south.address, message)).toEqual(refused);
    const readdressed = webhooks().message('portal', south.address, [creation]);
    expect(await post(south.address, readdressed)).toEqual(refused);
    const mixed = north.address.replace(north.tenantId, south.tenantId);
    const unknown = north.address.replace(north.connectionId, newId());
    for (const address of [mixed, unknown])
      expect(await post(address, webhooks().message('portal', address, [creation]))).toEqual(
        refused,
      );
    expect([await recorded(), await wakes(south)]).toEqual([[], 0]);
  });

  it('is ignored where both workspaces share the app of the deployment', async () => {
    process.env['OAUTH_CLIENTS'] = JSON.stringify({ hubspot: app });
    resetConfig();
    const west = await connect('west', {});
    await db.query(`update authorizations set account_id = '77' where connection_id = $1`, [
      west.connectionId,
    ]);
    const send = (id: number) =>
      post(
        west.address,
        webhooks().message('portal', west.address, [{ ...creation, portalId: id }]),
      );
    expect(await send(portalId)).toEqual({ status: 200, received: 'ignored' });
    expect(await send(77)).toEqual(accepted);
    await db.query(`update authorizations set account_id = null where connection_id = $1`, [
      west.connectionId,
    ]);
    expect(await send(78)).toEqual({ status: 200, received: 'ignored' });
  });
});

describe('many events', () => {
  it('of one delivery are 100 rows and one sync, and retries are counted once', async () => {
    const events = webhooks().complete(
      'portal',
      Array.from({ length: 100 }, (_, index) => ({
        subscriptionType: 'contact.propertyChange',
        objectId: index,
        propertyName: 'jobtitle',
        propertyValue: 'x'.repeat(5_000),
      })),
    );
    const attempts = await Promise.all(
      Array.from({ length: 6 }, (_, attempt) =>
        post(
          north.address,
          webhooks().message('portal', north.address, attempt % 2 ? events.toReversed() : events, {
            attempt,
          }),
        ),
      ),
    );
    expect(attempts.map(({ status }) => status)).toEqual(attempts.map(() => 200));
    const rows = await recorded();
    expect([rows.length, new Set(rows.map(({ copies }) => copies))]).toEqual([100, new Set([6])]);
    expect([await waiting(), await wakes(north)]).toEqual([1, 1]);
    expect(JSON.stringify(await db.query('select * from webhook_deliveries'))).not.toContain('xxx');
  });

  it('of types that nobody knows hasten a sync as well; old ones do not', async () => {
    const send = (
      ...events: { subscriptionType: string; objectId: number; occurredAt?: number }[]
    ) => post(north.address, webhooks().message('portal', north.address, events));
    const old = { ...creation, occurredAt: Date.now() - 31 * 1440 * minute };
    expect(await send(old)).toEqual({ status: 200, received: 'old' });
    expect(await wakes(north)).toBe(0);
    expect(await send(old, { subscriptionType: 'robot.dance', objectId: 1 })).toEqual(accepted);
    expect([await recorded(), await wakes(north)]).toMatchObject([[{ event: 'robot.dance' }], 1]);
  });

  it('that come late and in any order leave what is stored as HubSpot has it', async () => {
    const [id = ''] = sandbox.hubspot.mutate('portal', {
      changes: [
        {
          op: 'add',
          kind: 'contacts',
          properties: { lifecyclestage: 'lead', firstname: 'Newest', lastname: 'Name' },
        },
      ],
    }).ids;
    const change = (propertyValue: string, ago: number) => ({
      subscriptionType: 'contact.propertyChange',
      objectId: Number(id),
      propertyName: 'firstname',
      propertyValue,
      occurredAt: Date.now() - ago,
    });
    const removal = { subscriptionType: 'contact.deletion', objectId: Number(id) };
    const events = [change('Third', 1), change('First', 3 * minute), change('Second', 9), removal];
    expect(await webhooks().deliver('portal', north.address, events)).toEqual([200]);
    await syncConnection({ ...north, trigger: 'cli' });
    const stored = await db.query<{ row: string }>(
      `select row_to_json(c)::text as row from contacts c where external_id = $1`,
      [id],
    );
    expect(stored.map(({ row }) => row).join()).toContain('Newest');
    expect(stored.map(({ row }) => row).join()).not.toMatch(/First|Second|Third/);
  });
});

it('bodies of any kind are refused in words, signed or not, and never fail', async () => {
  const bodies = [
    '',
    '{}',
    '[]',
    'null',
    '[{}]',
    '"\\u0000"',
    '[{"portalId":4411,"subscriptionType":"a\\u0000b","objectId":1}]',
    '<html></html>',
    '['.repeat(50_000),
    `[${'1,'.repeat(2_000)}1]`,
    '\uFEFF[',
  ];
  for (const body of bodies) {
    const headers = webhooks().sign('portal', north.address, body);
    expect((await post(north.address, { headers, body })).status, body.slice(0, 40)).toBe(400);
    expect((await post(north.address, { headers: {}, body })).status).toBe(401);
  }
  const huge = 'x'.repeat(1024 * 1024 + 1);
  const headers = webhooks().sign('portal', north.address, huge);
  expect((await post(north.address, { headers, body: huge })).status).toBe(413);
  expect(await recorded()).toEqual([]);
});

it('a connection by the token of a private app takes none, as it has no secret to prove them', async () => {
  const { address } = await connectByToken(north.tenantId);
  for (const secret of [app.clientSecret, ''])
    expect(
      await post(address, webhooks().message('portal', address, [creation], { secret })),
    ).toEqual(refused);
});

it('a connection that cannot be used as it is answers like one that there is not', async () => {
  const place = await connectByToken(south.tenantId);
  await db.query(`update connections set auth = 'oauth', settings = $1 where id = $2`, [
    JSON.stringify({ baseUrl: 'nonsense' }),
    place.connectionId,
  ]);
  const message = webhooks().message('portal', place.address, [creation]);
  expect(await post(place.address, message)).toEqual(refused);
});

it('an operator who would register the address is told where it belongs', async () => {
  await expect(registerWebhook(north.tenantId, north.connectionId)).rejects.toThrow(
    `Webhooks of HubSpot are set up there, with this address: ${web.url}/api/webhooks/hubspot/`,
  );
});

it('the settings show the address of a connection that takes webhooks, and of no other', async () => {
  const ways = listConnectable().filter(({ key }) => key === 'hubspot');
  expect(ways.map(({ auth, webhook }) => [auth, webhook])).toEqual([
    [null, null],
    ['oauth', 'by_hand'],
  ]);
  const views = await listConnectionViews(north.tenantId);
  expect(views.map(({ webhook }) => webhook.address)).toContain(north.address);
});
