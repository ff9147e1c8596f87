import { describe, expect, it } from 'vitest';
import { pauseConnection } from '#lib/connections/manage.ts';
import { createWebhookAddress } from '#lib/webhooks/inbound/address.ts';
import { newId } from '#lib/platform/id.ts';
import {
  addressOf,
  db,
  north,
  outbound,
  post,
  recorded,
  sandbox,
  south,
  wakes,
} from './salesforce-stage.ts';

const lead = { object: 'Lead', id: '00Q000000000001EAA' };
const taken = [{ status: 200, acknowledged: true }];
const send = (address: string, message: { headers: Record<string, string>; body: string }) =>
  post(address, message).then(({ status }) => status);

describe('an outbound message', () => {
  it('is acknowledged, recorded once, and makes the connection due', async () => {
    const address = await addressOf(north);
    expect(address).toMatch(/\/api\/webhooks\/salesforce\/[^?]+\?token=[\w-]{43}$/);
    expect(await outbound().deliver('org', address, [lead])).toEqual(taken);
    expect(await recorded()).toEqual([{ event: 'Lead', resource_id: lead.id, copies: 1 }]);
    expect([await wakes(north), await wakes(south)]).toEqual([1, 0]);
  });

  it('of 100 notifications is one sync, and its copies change nothing', async () => {
    const records = Array.from({ length: 100 }, (_, at) => ({
      object: at % 2 === 0 ? 'Lead' : 'Opportunity',
      id: `006${String(at).padStart(12, '0')}AAA`,
    }));
    const message = outbound().message('org', records);
    const address = await addressOf(north);
    const statuses = await Promise.all(Array.from({ length: 5 }, () => send(address, message)));
    expect(new Set(statuses)).toEqual(new Set([200]));
    const rows = await recorded();
    expect([rows.length, new Set(rows.map(({ copies }) => copies))]).toEqual([100, new Set([5])]);
    expect(await wakes(north)).toBe(1);
  });

  it('about an object that is not read here is acknowledged and has no effect', async () => {
    const address = await addressOf(north);
    const custom = { object: 'Design_Registration__c', id: 'a06R00000009QZaIAM' };
    expect(await outbound().deliver('org', address, [custom])).toEqual(taken);
    expect([await recorded(), await wakes(north)]).toEqual([[], 0]);
    expect(await outbound().deliver('org', address, [custom, lead])).toEqual(taken);
    expect(await recorded()).toMatchObject([{ event: 'Lead' }]);
  });

  it('about a record that is deleted by now hastens a sync as well', async () => {
    expect(await outbound().deliver('org', await addressOf(north), [{ object: 'Lead' }])).toEqual(
      taken,
    );
    expect([await recorded(), await wakes(north)]).toEqual([
      [{ event: 'Lead', resource_id: null, copies: 1 }],
      1,
    ]);
  });

  it('leaves no trace of the session, the fields or the token that came with it', async () => {
    const address = await addressOf(north);
    const sessionId = '00D!SESSION.of.the.user';
    const fields = { Email: 'ann@example.test' };
    await outbound().deliver('org', address, [{ ...lead, fields }], { sessionId });
    const tables = ['webhook_deliveries', 'event_subscriptions', 'audit_events', 'pgboss.job'];
    for (const table of tables) {
      const text = JSON.stringify(await db.query(`select * from ${table}`));
      expect(text, table).not.toMatch(/SESSION|ann@example/);
      expect(text, table).not.toContain(new URL(address).searchParams.get('token'));
    }
  });
});

describe('what is not accepted', () => {
  it('is a message without the token, with another one, twice, or that of another workspace', async () => {
    const address = new URL(await addressOf(north));
    const token = address.searchParams.get('token') ?? '';
    const foreign = new URL(await addressOf(south)).searchParams.get('token') ?? '';
    const base = address.href.split('?')[0] ?? '';
    const message = outbound().message('org', [lead]);
    const wrong = ['', '?token=', `?token=${token}x`, `?token=${token.slice(1)}`];
    for (const query of [...wrong, `?token=${foreign}`, `?token=${token}&token=${token}`])
      expect(await send(`${base}${query}`, message), query).toBe(401);
    expect(await send(address.href.replace(north.connectionId, newId()), message)).toBe(401);
    expect(await send(address.href.replace(north.tenantId, south.tenantId), message)).toBe(401);
    expect([await recorded(), await wakes(north), await wakes(south)]).toEqual([[], 0, 0]);
  });

  it('is a message of another organisation, or for a connection without a known one', async () => {
    const address = await addressOf(north);
    expect(await send(address, outbound().message('other', [lead]))).toBe(401);
    const forgotten = 'update event_subscriptions set account_id = $1 where connection_id = $2';
    await db.query(forgotten, [null, north.connectionId]);
    expect(await send(address, outbound().message('org', [lead]))).toBe(401);
    await createWebhookAddress(north.tenantId, north.connectionId);
    const attempts = await outbound().deliver('org', address, [lead]);
    expect(attempts).toHaveLength(12);
    expect(attempts.filter(({ acknowledged }) => acknowledged)).toEqual([]);
    expect([await recorded(), await wakes(north)]).toEqual([[], 0]);
    const { id } = sandbox.salesforce.org('org');
    const short = outbound().message('org', [lead], { organizationId: id.slice(0, 15) });
    expect(await send(await addressOf(north), short)).toBe(200);
  });

  it('is what is no message, malformed, too deep, too large or with entities', async () => {
    const address = await addressOf(north);
    const { headers, body } = outbound().message('org', [lead]);
    const laughs = Array.from(
      { length: 9 },
      (_, at) => `<!ENTITY l${at + 1} "${`&l${at};`.repeat(10)}">`,
    ).join('');
    const type = `<!DOCTYPE x [<!ENTITY l0 "ha">${laughs}<!ENTITY f SYSTEM "file:///etc/passwd">]>`;
    const bodies = [
      '',
      '{}',
      '<a/>',
      body.slice(0, -20),
      body.replace('</sObject>', ''),
      body.replace('?>', `?>${type}`).replace(lead.id, '&l9;&f;'),
      body.replace('?>', `?>${type.toLowerCase()}`),
      body.replaceAll(/<Notification>[^]*<\/Notification>/g, ''),
      body.replace('<Notification>', `${'<a>'.repeat(50)}${'</a>'.repeat(50)}<Notification>`),
      `${body}${body}`,
    ];
    for (const text of bodies)
      expect(await send(address, { headers, body: text }), text.slice(0, 300)).toBe(400);
    const huge = body.replace('</sObject>', `<x>${'y'.repeat(1024 * 1024)}</x></sObject>`);
    expect(await send(address, { headers, body: huge })).toBe(413);
    expect([await recorded(), await wakes(north)]).toEqual([[], 0]);
  });
});

it('a paused connection acknowledges messages and is not synced', async () => {
  await pauseConnection(north.tenantId, north.connectionId, true);
  const attempts = await outbound().deliver('org', await addressOf(north), [lead]);
  await pauseConnection(north.tenantId, north.connectionId, false);
  expect([attempts, await wakes(north)]).toEqual([taken, 0]);
});

it('a new address replaces the one before, and a connection that is gone has none', async () => {
  const before = await addressOf(north);
  await createWebhookAddress(north.tenantId, north.connectionId);
  const message = outbound().message('org', [lead]);
  expect(await send(before, message)).toBe(401);
  expect(await send(await addressOf(north), message)).toBe(200);
  const gone = await addressOf(south);
  await db.query('delete from connections where id = $1', [south.connectionId]);
  expect(await send(gone, outbound().message('other', [lead]))).toBe(401);
  await expect(createWebhookAddress(south.tenantId, north.connectionId)).rejects.toThrow(
    'no such connection',
  );
  const audited = await db.query(
    `select target_id from audit_events where action = 'webhook.address_created' and tenant_id = $1`,
    [north.tenantId],
  );
  expect(audited.length).toBeGreaterThan(1);
});
