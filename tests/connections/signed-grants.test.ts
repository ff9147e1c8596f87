import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listConnectionViews } from '#lib/connections/manage.ts';
import { withConnection } from '#lib/connections/session.ts';
import { useDatabase } from '../helpers/database.ts';
import { people, send, server, tenants, useSignIn } from './sign-in-stage.ts';

/** Grants for which a key signs instead of a secret being sent (RFC 7523). */
useDatabase();
useSignIn();

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const pem = (key: typeof rsa.privateKey, type: 'pkcs8' | 'pkcs1' | 'sec1' = 'pkcs8') =>
  key.export({ format: 'pem', type } as { format: 'pem'; type: 'pkcs8' }).toString();
const account = (privateKey: string) =>
  JSON.stringify({ client_email: 'robot@quill.test', private_key: privateKey });

async function connect(auth: string, secrets: Record<string, string>): Promise<string> {
  return send(people.ann, 'acme', {
    intent: 'connect',
    provider: 'quill',
    auth,
    label: '',
    baseUrl: server.url,
    'setting.loginUrl': server.url,
    ...Object.fromEntries(
      Object.entries(secrets).map(([name, value]) => [`secret.${name}`, value]),
    ),
  });
}
const newest = async () => (await listConnectionViews(tenants.acme.id)).at(-1)?.id ?? '';
const ask = (connectionId: string) =>
  withConnection({ tenantId: tenants.acme.id, connectionId }, {}, ({ http }) =>
    http.request({ url: `${server.url}me` }),
  );

describe.each([
  ['RSA', rsa],
  ['P-256', generateKeyPairSync('ec', { namedCurve: 'P-256' })],
  ['Ed25519', generateKeyPairSync('ed25519')],
])('a key of the kind %s', (_kind, { privateKey, publicKey }) => {
  beforeAll(() => {
    server.keys.set('robot@quill.test', publicKey);
    server.keys.set('a-client', publicKey);
  });
  afterAll(() => server.keys.clear());

  it('signs for a service account, whose token is renewed in the same way', async () => {
    expect(await connect('service', { serviceAccount: account(pem(privateKey)) })).toContain(
      'done=connect',
    );
    const id = await newest();
    expect((await ask(id)).body).toBe('{"account":"acme"}');
    server.expire();
    const before = server.forms.length;
    expect((await ask(id)).status).toBe(200);
    expect(server.forms.slice(before)).toEqual([
      {
        grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
        assertion: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/) as string,
      },
    ]);
  });

  it('signs for a client with credentials of its own', async () => {
    const secrets = { clientId: 'a-client', privateKey: pem(privateKey), keyId: 'k-1' };
    expect(await connect('signed', secrets)).toContain('done=connect');
    const { client_assertion: assertion = '', ...form } = server.forms.at(-1) ?? {};
    expect(form).toEqual({
      grant_type: 'client_credentials',
      scope: 'records.read',
      client_id: 'a-client',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    });
    expect(JSON.parse(Buffer.from(assertion.split('.')[0] ?? '', 'base64url').toString())).toEqual({
      alg: expect.stringMatching(/^(RS256|ES256|Ed25519)$/) as string,
      kid: 'k-1',
    });
  });
});

describe('a private key', () => {
  beforeAll(() => server.keys.set('robot@quill.test', rsa.publicKey));

  it.each([
    ['in one line', pem(rsa.privateKey).replaceAll('\n', ' ')],
    ['with line breaks as in JSON', pem(rsa.privateKey).replaceAll('\n', String.raw`\n`)],
    ['in the form of RSA', pem(rsa.privateKey, 'pkcs1')],
  ])('is taken %s', async (_how, key) => {
    expect(await connect('service', { serviceAccount: account(key) })).toContain('done=connect');
  });

  it.each([
    ['that is none', 'nonsense'],
    ['of a kind that nobody signs with', pem(generateKeyPairSync('x25519').privateKey)],
    ['with another beginning', pem(rsa.privateKey).replace('\nMII', '\nAII')],
  ])('%s is refused in words', async (_what, key) => {
    await expect(connect('service', { serviceAccount: account(key) })).rejects.toMatchObject({
      code: 'bad_request',
      message: expect.stringMatching(/private key cannot be read|rejected these/) as string,
    });
  });

  it('of somebody else is refused by the provider', async () => {
    const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 });
    await expect(
      connect('service', { serviceAccount: account(pem(stranger.privateKey)) }),
    ).rejects.toMatchObject({
      message: expect.stringContaining('invalid_grant') as string,
    });
  });
});
