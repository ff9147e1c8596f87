import { generateKeyPairSync } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider from 'oidc-provider';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import type { ProviderDefinition } from '#lib/connectors/contract/provider.ts';
import { providers } from '#lib/connectors/registry.ts';
import { listConnectionViews } from '#lib/connections/manage.ts';
import { redirectUri } from '#lib/connections/oauth/code-flow/start.ts';
import { withConnection } from '#lib/connections/session.ts';
import { useDatabase } from '../helpers/database.ts';
import { WebClient } from '../helpers/web.ts';
import {
  begin,
  comeBack,
  leave,
  messageOf,
  people,
  send,
  tenants,
  useSignIn,
} from './sign-in-stage.ts';

/** The same against a certified authorization server (npm `oidc-provider`), which signs people in. */
const db = useDatabase();
useSignIn();

const key = generateKeyPairSync('rsa', { modulusLength: 2048 });
const client = { client_id: 'tributary', client_secret: 'secret-of-the-certified-one' };
let server: Server;
let issuer = '';

const certified: ProviderDefinition<{ baseUrl: string }> = {
  key: 'certified',
  label: 'Certified',
  category: 'crm',
  hosts: ['api.certified.test'],
  limits: { concurrency: 1, timeoutMs: 10_000 },
  streams: [],
  settings: z.object({ baseUrl: z.string().default('https://api.certified.test/') }),
  auth: {
    kind: 'oauth2',
    secrets: ['clientId', 'clientSecret'].map((name) => ({ name, label: name, help: name })),
    grant: {
      kind: 'refresh_token',
      client: 'client_secret_basic',
      tokenUrl: ({ baseUrl }) => `${baseUrl}token`,
      tokenHosts: ['api.certified.test'],
      authorize: {
        url: ({ baseUrl }) => `${baseUrl}auth`,
        hosts: ['api.certified.test'],
        scopes: () => ['openid'],
        optionalScopes: () => ['offline_access'],
        parameters: () => ({ prompt: 'consent' }),
        issuer: () => issuer,
        namesIssuer: true,
      },
    },
  },
  otherAuth: [
    {
      key: 'signed',
      label: 'with a key',
      kind: 'oauth2',
      secrets: ['clientId', 'privateKey'].map((name) => ({ name, label: name, help: name })),
      grant: {
        kind: 'client_credentials',
        client: 'private_key_jwt',
        tokenUrl: ({ baseUrl }) => `${baseUrl}token`,
        tokenHosts: ['api.certified.test'],
      },
    },
  ],
  check: async ({ http, settings, secrets }) => {
    const path = secrets['privateKey'] === undefined ? 'me' : 'userless';
    await http.request({ url: `${settings.baseUrl}${path}` });
  },
};

beforeAll(async () => {
  server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider = createProvider();
  const callback = provider.callback();
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const path = request.url ?? '';
    if (path.startsWith('/sign-in/')) void signIn(provider, request, response);
    else if (path === '/userless') void response.end('{}');
    else void callback(request, response);
  });
  (providers as ProviderDefinition[]).unshift(certified as unknown as ProviderDefinition);
});
afterAll(async () => {
  (providers as ProviderDefinition[]).shift();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function createProvider(): Provider {
  return new Provider(issuer, {
    clients: [
      {
        ...client,
        redirect_uris: [redirectUri('certified')],
        grant_types: ['authorization_code', 'refresh_token'],
      },
      {
        client_id: 'robot',
        token_endpoint_auth_method: 'private_key_jwt',
        jwks: { keys: [{ ...key.publicKey.export({ format: 'jwk' }), kid: 'k1' }] } as never,
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
      },
    ],
    pkce: { required: () => true },
    rotateRefreshToken: true,
    features: { devInteractions: { enabled: false }, clientCredentials: { enabled: true } },
    routes: { userinfo: '/me' },
    cookies: { keys: ['a key of the sandbox'] },
    interactions: { url: (_context, { uid }) => `/sign-in/${uid}` },
    findAccount: (_context, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  });
}

/** Signs everybody in who asks, and lets `deny` in the address stand for a person who declines. */
async function signIn(
  provider: Provider,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { prompt, params, session } = await provider.interactionDetails(request, response);
  if (prompt.name === 'login')
    return provider.interactionFinished(request, response, { login: { accountId: 'acme' } });
  if (params['login_hint'] === 'deny')
    return provider.interactionFinished(request, response, { error: 'access_denied' });
  const grant = new provider.Grant({
    accountId: session?.accountId ?? '',
    clientId: String(params['client_id']),
  });
  grant.addOIDCScope(String(params['scope']));
  const consent = { grantId: await grant.save() };
  return provider.interactionFinished(
    request,
    response,
    { consent },
    { mergeWithLastSubmission: true },
  );
}

/** Follows the redirects of the server as a browser does, until they lead back to us. */
async function visit(address: string): Promise<URL> {
  const browser = new WebClient(issuer);
  let at = new URL(address);
  while (at.origin === issuer) {
    const response = await browser.fetch(at.pathname + at.search);
    const location = response.headers.get('location');
    if (location === null) throw new Error(`${response.status} at ${at.pathname}`);
    at = new URL(location, issuer);
  }
  return at;
}

const form = () => ({
  intent: 'sign-in',
  provider: 'certified',
  label: '',
  baseUrl: `${issuer}/`,
  'secret.clientId': client.client_id,
  'secret.clientSecret': client.client_secret,
});
const start = async (): Promise<[string, string]> => {
  const id = await begin(people.ann, 'acme', form());
  return [id, await leave(id, people.ann, 'acme', 'certified')];
};
const newest = async () => (await listConnectionViews(tenants.acme.id)).at(-1);

it('connects and renews against a certified server', async () => {
  const [, address] = await start();
  const back = await visit(address);
  expect(back.searchParams.get('iss')).toBe(issuer);
  expect(await comeBack(back, people.ann, 'certified')).toContain('done=connect');
  const connection = await newest();
  expect(connection?.authorization).toMatchObject({ granted: ['openid', 'offline_access'] });
  const me = () =>
    withConnection(
      { tenantId: tenants.acme.id, connectionId: connection?.id ?? '' },
      {},
      ({ http }) => http.request({ url: `${issuer}/me` }),
    );
  expect((await me()).body).toBe('{"sub":"acme"}');
  for (const _turn of [1, 2]) {
    await db.query(`update credentials set expires_at = now() where name = 'accessToken'`);
    expect((await me()).body).toBe('{"sub":"acme"}');
  }
  const [kept] = await db.query(`select version from credentials where name = 'refreshToken'`);
  expect(kept, 'each renewal replaced the refresh token').toEqual({ version: 3 });
});

it('takes a client that proves itself with a signed JWT', async () => {
  const path = await send(people.ann, 'acme', {
    intent: 'connect',
    provider: 'certified',
    auth: 'signed',
    label: '',
    baseUrl: `${issuer}/`,
    'secret.clientId': 'robot',
    'secret.privateKey': key.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  });
  expect(path).toContain('done=connect');
});

it('says that a person declined, and that an answer came from another server', async () => {
  const [declined, address] = await start();
  const back = await visit(`${address}&login_hint=deny`);
  await comeBack(back, people.ann, 'certified');
  expect(await messageOf(declined)).toMatch(/declined/);
  const [mixedUp, other] = await start();
  const answer = await visit(other);
  answer.searchParams.set('iss', 'https://elsewhere.test');
  await comeBack(answer, people.ann, 'certified');
  expect(await messageOf(mixedUp)).toMatch(/did not come from Certified/);
});
