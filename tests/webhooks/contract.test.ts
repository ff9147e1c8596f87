/*
 * What the contract of webhooks offers to providers that are not here yet: other places of a token,
 * challenges, and registrations that end.
 */
import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type {
  Delivery,
  RegisteredWebhook,
  TokenProof,
  WebhookDefinition,
} from '#lib/connectors/contract/events.ts';
import { RecordRejected } from '#lib/connectors/contract/source.ts';
import { createConnection } from '#lib/connections/connections.ts';
import { createWebhookToken, readWebhookToken } from '#lib/connections/webhook-token.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { withTenant } from '#lib/identity/tenancy/with-tenant.ts';
import { newId } from '#lib/platform/id.ts';
import { takeDelivery } from '#lib/webhooks/inbound/receive.ts';
import { createRegistrationClient } from '#lib/webhooks/inbound/registration-client.ts';
import { register } from '#lib/webhooks/inbound/subscription.ts';
import { createHttpClient } from '#lib/platform/http/client.ts';
import { useDatabase } from '../helpers/database.ts';

const db = useDatabase();
const clientSecret = 'secret-of-the-contract-test';
let tenantId: string;
let connectionId: string;
let token: string;

/** A connection that has both a secret of its own and a token; its provider does not matter here. */
beforeAll(async () => {
  tenantId = (await createTenant({ slug: 'contract', name: 'Contract' })).id;
  const made = await createConnection({
    tenantId,
    provider: 'salesforce',
    settings: { baseUrl: 'https://acme.my.salesforce.com/' },
    secrets: { clientId: 'id', clientSecret },
  });
  connectionId = made.id;
  await withTenant(tenantId, (tx) => createWebhookToken(tx, made));
  token = (await readWebhookToken(tenantId, connectionId)) ?? '';
});

const address = 'https://x.test/hook';
const to = (id = connectionId) => ({ provider: 'salesforce', tenantId, connectionId: id });
const deliver = (
  webhook: WebhookDefinition,
  { url = address, ...given }: Partial<Omit<Delivery, 'body'>> & { body?: string },
  id?: string,
) =>
  takeDelivery(to(id), webhook, {
    method: 'POST',
    headers: {},
    ...given,
    url,
    body: Buffer.from(given.body ?? '{"id":"1"}'),
  });

function parse(body: string) {
  const { id, renew } = JSON.parse(body) as { id?: string; renew?: boolean };
  if (id === undefined) throw new RecordRejected('It is no event.');
  const event = { key: id, event: 'changed', resourceId: null, occurredAt: null };
  return [{ ...event, ...(renew === true && { asksRenewal: true }) }];
}

const basic = (user: string, password: string) => ({
  authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
});

describe('a token', () => {
  const definition = (proof: Omit<TokenProof, 'kind'>): WebhookDefinition => ({
    events: ['changed'],
    proof: { kind: 'token', ...proof },
    parse,
  });

  it('may be in a parameter of the address, in a header, or the password of HTTP basic', async () => {
    const query = definition({ place: 'query', name: 'key' });
    const header = definition({ place: 'header', name: 'x-hook-token' });
    const user = definition({ place: 'basic', name: 'tributary' });
    const right: [WebhookDefinition, Partial<Delivery>][] = [
      [query, { url: `${address}?key=${token}` }],
      [header, { headers: { 'x-hook-token': token } }],
      [user, { headers: basic('tributary', token) }],
    ];
    for (const [webhook, given] of right)
      expect(await deliver(webhook, { ...given, body: JSON.stringify({ id: newId() }) })).toEqual({
        received: 'new',
      });
    const wrong: [WebhookDefinition, Partial<Delivery>][] = [
      [query, {}],
      [query, { url: `${address}?key=` }],
      [query, { url: `${address}?key=${token}&key=${token}` }],
      [query, { headers: { key: token } }],
      [header, { headers: { 'x-hook-token': `${token} ` } }],
      [header, { headers: { 'x-hook-token': '' } }],
      [header, { url: `${address}?x-hook-token=${token}` }],
      [user, { headers: basic('somebody', token) }],
      [user, { headers: basic('tributary', '') }],
      [user, { headers: { authorization: `Basic ${token}` } }],
      [user, { headers: { authorization: `Bearer ${token}` } }],
      [user, { headers: { authorization: 'Basic' } }],
    ];
    for (const [webhook, { url, headers }] of wrong)
      await expect(
        deliver(webhook, { ...(url && { url }), ...(headers && { headers }) }),
      ).rejects.toThrow('This delivery is not accepted.');
    await expect(deliver(query, { url: `${address}?key=${token}` }, newId())).rejects.toThrow(
      'This delivery is not accepted.',
    );
  });
});

describe('a challenge', () => {
  const proof: WebhookDefinition['proof'] = {
    kind: 'secret',
    secret: 'clientSecret',
    refusal: ({ headers }, { secret }) =>
      headers['x-proof'] === secret ? null : 'It has no proof.',
  };

  it('by a parameter comes back as plain text, whatever the address, and is no delivery', async () => {
    const webhook: WebhookDefinition = {
      events: ['changed'],
      proof,
      parse,
      challenge: { kind: 'echo', parameter: 'validationToken' },
    };
    const text = 'Validation: <b>Request-Id</b> &+é';
    const url = `${address}?validationToken=${encodeURIComponent(text)}`;
    const answer = { contentType: 'text/plain; charset=utf-8', body: text };
    expect(await deliver(webhook, { url })).toEqual(answer);
    expect(await deliver(webhook, { url }, newId())).toEqual(answer);
    const long = `${address}?validationToken=${'x'.repeat(2_001)}`;
    await expect(deliver(webhook, { url: long })).rejects.toThrow('not accepted');
    await expect(deliver(webhook, {})).rejects.toThrow('not accepted');
  });

  it('by a hash is answered in JSON with the secret that proves it, and only then', async () => {
    const webhook: WebhookDefinition = {
      events: ['changed'],
      proof,
      parse,
      challenge: {
        kind: 'hash',
        answer(body, secret) {
          const { plain } = JSON.parse(body) as { plain?: string };
          if (plain === undefined) return null;
          return { plain, hash: createHmac('sha256', secret).update(plain).digest('hex') };
        },
      },
    };
    const headers = { 'x-proof': clientSecret };
    const hash = createHmac('sha256', clientSecret).update('abc').digest('hex');
    expect(await deliver(webhook, { headers, body: '{"plain":"abc"}' })).toEqual({
      contentType: 'application/json',
      body: JSON.stringify({ plain: 'abc', hash }),
    });
    await expect(deliver(webhook, { body: '{"plain":"abc"}' })).rejects.toThrow('not accepted');
    expect(await deliver(webhook, { headers, body: '{"id":"after"}' })).toEqual({
      received: 'new',
    });
  });
});

describe('a registration that ends', () => {
  const hour = 3_600_000;
  const http = createHttpClient({ allowedHosts: [], allowLoopback: false });
  afterAll(() => http.close());
  const events = ['changed'];

  /** A provider whose registrations live for three days, and that counts what it is asked. */
  function startProvider(endsIn: number | null) {
    const asked: string[] = [];
    const life = () => new Date(Date.now() + 72 * hour);
    let known: RegisteredWebhook | null =
      endsIn === null ? null : { url: address, events, endsAt: new Date(Date.now() + endsIn) };
    const registration = {
      baseUrl: () => 'https://x.test/',
      hosts: ['x.test'],
      tokenForm: {},
      read: () => Promise.resolve(known),
      write(_context: unknown, url: string) {
        asked.push('write');
        known = { url, events, endsAt: life() };
        return Promise.resolve();
      },
      renew(_context: unknown, { url }: RegisteredWebhook) {
        asked.push('renew');
        known = { url, events, endsAt: life() };
        return Promise.resolve();
      },
      remove: () => Promise.resolve(),
      test: () => Promise.resolve(),
    };
    const client = createRegistrationClient(
      registration,
      { http, settings: {} },
      {
        label: 'Test',
        url: address,
        target: { type: 'connection', id: '', label: '' },
        isPaused: false,
        events,
      },
    );
    return { client, asked };
  }

  it('is made when it is missing, renewed a day and a half before, or when that is asked for', async () => {
    const cases: [number | null, boolean, string[]][] = [
      [null, false, ['write']],
      [72 * hour, false, []],
      [37 * hour, false, []],
      [35 * hour, false, ['renew']],
      [72 * hour, true, ['renew']],
    ];
    for (const [endsIn, renew, expected] of cases) {
      const { client, asked } = startProvider(endsIn);
      const kept = await register(client, { renew, known: await client.read() });
      expect([asked, kept.state]).toEqual([expected, 'registered']);
      expect(kept.registered?.endsAt?.getTime()).toBeGreaterThan(Date.now() + 36 * hour);
    }
  });

  it('is renewed by a job when a delivery says that it has to be, which is no change', async () => {
    const webhook: WebhookDefinition = {
      events,
      proof: { kind: 'token', place: 'header', name: 'x-hook-token' },
      parse,
    };
    await db.query(`delete from pgboss.job`);
    const body = JSON.stringify({ id: 'renewal', renew: true });
    await deliver(webhook, { headers: { 'x-hook-token': token }, body });
    const jobs = await db.query('select name, data from pgboss.job');
    expect(jobs).toEqual([
      { name: 'keep-subscription', data: { tenantId, connectionId, renew: true } },
    ]);
  });
});
