import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { hubspot } from '#lib/connectors/hubspot/index.ts';
import type { SecretProof } from '#lib/connectors/contract/events.ts';

const { webhook } = hubspot;
const proof = webhook?.proof as SecretProof;
const parse = (value: unknown) => webhook?.parse(JSON.stringify(value)) ?? [];

/** Computed with another implementation of what HubSpot documents. */
const vector = {
  secret: 'yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy',
  url: 'https://www.example.com/webhook_uri',
  body: '{"example_field":"example_value"}',
  time: 1_700_000_000_000,
  signature: 'rQEKkaNUiu+1qGF//O/pw4BCzstSqO1PyUnGICmf+7o=',
};

function refuse({
  signature = vector.signature,
  time = String(vector.time),
  method = 'POST',
  url = vector.url,
  body = vector.body,
  now = vector.time,
  secret = vector.secret,
}) {
  const headers = { 'x-hubspot-signature-v3': signature, 'x-hubspot-request-timestamp': time };
  const delivery = { method, url, headers, body: Buffer.from(body) };
  return proof.refusal(delivery, { secret, now: new Date(now) });
}
const signWith = (text: string) =>
  createHmac('sha256', vector.secret).update(text).digest('base64');

describe('a signature of HubSpot', () => {
  it('is the documented one, for five minutes and no more in either direction', () => {
    expect(refuse({})).toBeNull();
    for (const skew of [300_000, -300_000]) {
      expect(refuse({ now: vector.time + skew })).toBeNull();
      expect(refuse({ now: vector.time + skew + Math.sign(skew) })).toMatch(/five minutes/);
    }
  });

  it.each([
    ['another method', { method: 'PUT' }],
    ['another address', { url: `${vector.url}/` }],
    ['another scheme', { url: vector.url.replace('https', 'http') }],
    ['another body', { body: `${vector.body} ` }],
    ['another secret', { secret: 'other' }],
    ['another time', { time: String(vector.time + 1) }],
    ['a time in words', { time: '2023-11-14T22:13:20Z' }],
    ['a time in seconds', { time: String(vector.time / 1000) }],
    ['no time', { time: '' }],
    ['no signature', { signature: '' }],
    ['a signature in hex', { signature: Buffer.from(vector.signature, 'base64').toString('hex') }],
    ['a signature with a space', { signature: `${vector.signature} ` }],
    ['a signature in another alphabet', { signature: vector.signature.replaceAll('/', '_') }],
    ['two signatures', { signature: `${vector.signature}, ${vector.signature}` }],
  ])('does not fit %s', (_name, changed) => {
    expect(refuse(changed)).toMatch(/./);
  });

  it('covers the bytes of the body, also where they are no text', () => {
    const body = Buffer.from([0x5b, 0xff, 0xfe, 0x00, 0x5d]);
    const signature = createHmac('sha256', vector.secret)
      .update(`POST${vector.url}`)
      .update(body)
      .update(String(vector.time))
      .digest('base64');
    const headers = {
      'x-hubspot-signature-v3': signature,
      'x-hubspot-request-timestamp': String(vector.time),
    };
    const evidence = { secret: vector.secret, now: new Date(vector.time) };
    const { url } = vector;
    expect(proof.refusal({ method: 'POST', url, headers, body }, evidence)).toBeNull();
  });

  it('covers the address with the listed encodings decoded, and no others', () => {
    const url = `${vector.url}?a=%3A%2f%3F%40%21%24%27%28%29%2A%2C%3b&b=%20%26%3D%25`;
    const signed = `${vector.url}?a=:/?@!$'()*,;&b=%20%26%3D%25`;
    const signature = signWith(`POST${signed}${vector.body}${vector.time}`);
    expect(refuse({ url, signature })).toBeNull();
  });
});

describe('the events in a delivery', () => {
  const event = {
    eventId: 1,
    subscriptionId: 12_345,
    portalId: 62_515,
    appId: 54_321,
    occurredAt: 1_564_113_600_000,
    subscriptionType: 'contact.creation',
    attemptNumber: 0,
    objectId: 123,
    changeSource: 'CRM',
    changeFlag: 'NEW',
  };
  const keyOf = (changed: object) => parse([{ ...event, ...changed }])[0]?.key;

  it('are read, whatever else is in them', () => {
    expect(parse([event])).toEqual([
      {
        key: expect.any(String),
        event: 'contact.creation',
        resourceId: '123',
        occurredAt: new Date(1_564_113_600_000),
        account: '62515',
      },
    ]);
    expect(parse([{ portalId: '7', subscriptionType: 'robot.dance', more: {} }])).toMatchObject([
      { event: 'robot.dance', resourceId: null, occurredAt: null, account: '7' },
    ]);
  });

  it('are the same in each attempt, and apart in all that tells events apart', () => {
    expect(keyOf({ attemptNumber: 9, changeSource: 'API' })).toBe(keyOf({}));
    const others = [
      { eventId: 2 },
      { subscriptionId: 2 },
      { portalId: 2 },
      { occurredAt: 2 },
      { subscriptionType: 'contact.deletion' },
      { objectId: 2 },
      { fromObjectId: 2 },
      { toObjectId: 2 },
      { propertyName: 'email' },
    ];
    expect(new Set([{}, ...others].map(keyOf)).size).toBe(others.length + 1);
  });

  it('are left out where they cannot be read, and their values are not trusted', () => {
    const unreadable = [
      null,
      7,
      'text',
      [],
      {},
      { ...event, portalId: null },
      { ...event, portalId: -1 },
      { ...event, portalId: '62515 or 1' },
      { ...event, subscriptionType: 'a\u0000b' },
      { ...event, subscriptionType: '' },
      { ...event, subscriptionType: 'x'.repeat(101) },
    ];
    expect(parse([...unreadable, event])).toHaveLength(1);
    expect(() => parse(unreadable)).toThrow(/no|not a list/);
    for (const occurredAt of [-1, 0, 1e300, '275760-09-13', 'soon', {}, null])
      expect(parse([{ ...event, occurredAt }])).toMatchObject([{ occurredAt: null }]);
    for (const objectId of [-1, 1.5, 'a\u0000b', {}, null])
      expect(parse([{ ...event, objectId }])).toMatchObject([{ resourceId: null }]);
  });
});
