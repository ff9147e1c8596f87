import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { closeDatabase } from '../../src/lib/platform/db/database.ts';
import { scrub } from '../../src/lib/platform/secrets.ts';
import { withAuthorization } from '../../src/lib/connections/oauth/authorization.ts';
import { storeSecret } from '../../src/lib/connections/connections.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { withTenant } from '#lib/identity/tenancy/with-tenant.ts';
import { useDatabase } from '../helpers/database.ts';
import { until } from '../helpers/processes.ts';
import {
  clientOf,
  connectOAuth,
  enteredSecrets,
  firstRefreshToken,
  oauthProvider,
  startOAuthSandbox,
  type OAuthSandbox,
} from './oauth-stage.ts';

const db = useDatabase();
const provider = oauthProvider('refresh_token');
let sandbox: OAuthSandbox;
let tenantId: string;
let connectionId: string;

beforeAll(async () => {
  tenantId = (await createTenant({ slug: 'acme', name: 'Acme' })).id;
});
beforeEach(async () => {
  await sandbox?.close(0);
  sandbox = await startOAuthSandbox({ textNumbers: true });
  connectionId = await connectOAuth(db, tenantId, enteredSecrets);
});
afterAll(async () => {
  await sandbox.close(0);
  await closeDatabase();
});

const client = () => clientOf(provider, sandbox.baseUrl, { tenantId, connectionId });
const me = async (http = client()) => (await http.request({ url: `${sandbox.baseUrl}me` })).status;
const tokenCalls = () => sandbox.statuses('POST token').length;
const expireStored = () =>
  db.query(
    `update credentials
     set expires_at = now() - interval '1 second', updated_at = now() - interval '1 hour'
     where connection_id = $1 and name = 'accessToken'`,
    [connectionId],
  );
/** As a person enters it on the connections page. */
const enter = async (name: string, secret: string) => {
  await withTenant(tenantId, (tx) => storeSecret(tx, { tenantId, id: connectionId }, name, secret));
};
const rows = () =>
  db.query<{ name: string; version: number; lease: boolean }>(
    `select name, version, lease_owner is not null as lease
     from credentials
     where connection_id = $1
     order by name`,
    [connectionId],
  );

describe('an access token', () => {
  it('is fetched once, kept and renewed early; a rotated refresh token is kept too', async () => {
    expect(await me()).toBe(200);
    expect(await me()).toBe(200);
    expect(tokenCalls()).toBe(1);
    const [life] = await db.query(
      `select extract(epoch from expires_at - now())::int between 3500 and 3600 as hour
       from credentials
       where connection_id = $1 and name = 'accessToken'`,
      [connectionId],
    );
    expect(life).toEqual({ hour: true });
    const [days] = await db.query(
      `select round(extract(epoch from expires_at - now()) / 86400)::int as days
       from credentials
       where connection_id = $1 and name = 'refreshToken'`,
      [connectionId],
    );
    expect(days).toEqual({ days: 90 });
    await db.query(
      `update credentials
       set expires_at = now() + interval '4 minutes', updated_at = now() - interval '56 minutes'
       where connection_id = $1 and name = 'accessToken'`,
      [connectionId],
    );
    expect(await me()).toBe(200);
    expect(tokenCalls()).toBe(2);
    expect(await rows()).toEqual([
      { name: 'accessToken', version: 2, lease: false },
      { name: 'clientSecret', version: 1, lease: false },
      { name: 'refreshToken', version: 3, lease: false },
    ]);
  });

  it('is fetched once for all requests of a process that want it at the same time', async () => {
    const clients = [client(), client(), client()];
    expect(
      await Promise.all(Array.from({ length: 30 }, (_, index) => me(clients[index % 3]))),
    ).toEqual(Array(30).fill(200));
    expect(tokenCalls()).toBe(1);
  });

  it('refused in the middle is renewed once and the request sent again', async () => {
    const http = client();
    expect(await me(http)).toBe(200);
    sandbox.desk.expire('one');
    expect(await Promise.all([me(http), me(http), me(client())])).toEqual([200, 200, 200]);
    expect(tokenCalls()).toBe(2);
    sandbox.faults.arm({ kind: 'status', status: 401, endpoint: 'GET me' });
    await expect(me(http)).rejects.toMatchObject({ kind: 'auth', status: 401 });
    expect(tokenCalls()).toBe(3);
  });

  it('never leaves a trace in what this process writes', async () => {
    await me();
    const [{ sealed } = { sealed: Buffer.alloc(0) }] = await db.query<{ sealed: Buffer }>(
      `select sealed from credentials where connection_id = $1 and name = 'accessToken'`,
      [connectionId],
    );
    expect(sealed.toString('latin1')).not.toContain('at-');
    expect(scrub(`now ${sandbox.desk.refreshToken('one')} and then`)).toBe('now [secret] and then');
  });

  it.each([
    ['another origin on this machine', (url: string) => url.replace('127.0.0.1', 'localhost')],
    ['another port', () => `http://127.0.0.1:1/me`],
    ['another host', () => 'https://api.oauth.test.evil.example/me'],
    ['plain http', () => 'http://api.oauth.test/me'],
    ['the host in the credentials of a URL', () => 'https://api.oauth.test@evil.example/me'],
  ])('is never sent to %s', async (_what, address) => {
    const sent: Record<string, string>[] = [];
    const sink = {
      close: () => Promise.resolve(),
      request: ({ headers = {} }) =>
        Promise.resolve({
          status: sent.push(headers),
          contentType: '',
          headers: {},
          body: '{}',
          receivedAt: new Date(),
        }),
    };
    const http = withAuthorization(
      sink,
      () => Promise.resolve({ token: 'at-secret', secondsLeft: 60, fresh: true }),
      { hosts: provider.hosts, baseUrl: sandbox.baseUrl },
    );
    await http.request({ url: address(`${sandbox.baseUrl}me`) });
    await http.request({ url: `${sandbox.baseUrl}me` });
    expect(sent).toEqual([{}, { authorization: 'Bearer at-secret' }]);
  });

  it('comes from the hosts of the token endpoint only', async () => {
    const elsewhere = {
      ...provider,
      auth: {
        ...provider.auth,
        grant: {
          ...(provider.auth.kind === 'oauth2' ? provider.auth.grant : undefined),
          tokenUrl: () => 'https://evil.example/token',
        },
      },
    } as typeof provider;
    await expect(
      clientOf(elsewhere, sandbox.baseUrl, { tenantId, connectionId }).request({
        url: `${sandbox.baseUrl}me`,
      }),
    ).rejects.toMatchObject({
      kind: 'permission',
      message: expect.stringContaining('not one of this provider') as string,
    });
  });
});

describe('a refused renewal', () => {
  it('declares the grant dead with one request for all; a new consent revives it', async () => {
    sandbox.desk.revoke('one');
    const results = await Promise.allSettled([me(), me(), me(), me()]);
    for (const result of results)
      expect(result).toMatchObject({
        status: 'rejected',
        reason: {
          kind: 'auth',
          message:
            'OAuth test does not renew the access any more (invalid_grant). Connect it again.',
        },
      });
    expect(tokenCalls()).toBe(1);
    expect(await rows()).toEqual([
      { name: 'clientSecret', version: 1, lease: false },
      { name: 'refreshToken', version: 1, lease: false },
    ]);
    connectionId = await connectOAuth(db, tenantId, {
      ...enteredSecrets,
      refreshToken: sandbox.desk.consent('one'),
    });
    expect(await me()).toBe(200);
  });

  it('is reread before the grant is declared dead: others may have rotated it', async () => {
    sandbox.faults.arm({ kind: 'latency', ms: 300, endpoint: 'POST token', next: 1 });
    const asking = me();
    await until('the request is under way', () => tokenCalls() === 1);
    const newer = sandbox.desk.consent('one');
    await enter('refreshToken', newer);
    expect(await asking).toBe(200);
    expect(sandbox.statuses('POST token')).toEqual([400, 200]);
  });

  it('is not undone by an answer that arrives after a person has connected again', async () => {
    sandbox.faults.arm({ kind: 'drip', bytes: 4, everyMs: 10, endpoint: 'POST token', next: 1 });
    const asking = me();
    await until(
      'the refresh token is used up',
      () => sandbox.desk.refreshToken('one') !== firstRefreshToken,
    );
    const newer = sandbox.desk.consent('one');
    await enter('refreshToken', newer);
    expect(await asking).toBe(200);
    expect(tokenCalls()).toBe(2);
    expect((await rows()).find(({ name }) => name === 'refreshToken')).toEqual({
      name: 'refreshToken',
      version: 3,
      lease: false,
    });
  });

  it.each([
    [
      '429',
      { kind: 'rate_limited', retryAfter: '120' },
      { kind: 'rate_limited', until: expect.any(Date) as Date },
    ],
    ['500', { kind: 'status', status: 500 }, { kind: 'transient' }],
    ['a web page', { kind: 'html_200' }, { kind: 'transient' }],
    ['a cut answer', { kind: 'cut', framing: 'length' }, { kind: 'transient' }],
    ['a closed socket', { kind: 'down' }, { kind: 'transient' }],
  ] as const)(
    'by %s is no refusal: it is told as what it is, and a token that lives is used on',
    async (_what, fault, error) => {
      sandbox.faults.arm({ ...fault, endpoint: 'POST token', next: 1 });
      await expect(me()).rejects.toMatchObject(error);
      expect(tokenCalls()).toBe(1);
      await db.query('update credentials set lease_until = null where connection_id = $1', [
        connectionId,
      ]);
      if (fault.kind === 'cut') return;
      expect(await me()).toBe(200);
      await db.query(
        `update credentials
         set expires_at = now() + interval '2 minutes'
         where connection_id = $1 and name = 'accessToken'`,
        [connectionId],
      );
      sandbox.faults.arm({ ...fault, endpoint: 'POST token' });
      expect(await me()).toBe(200);
    },
  );

  it('asked to wait, no process asks before that, and each is told until when', async () => {
    sandbox.faults.arm({ kind: 'rate_limited', retryAfter: '120', endpoint: 'POST token' });
    for (let attempt = 0; attempt < 3; attempt += 1)
      await expect(me()).rejects.toMatchObject({
        kind: 'rate_limited',
        until: expect.any(Date) as Date,
      });
    expect(tokenCalls()).toBe(1);
  });

  it('whose response was lost after a rotation ends the grant, as single use demands', async () => {
    sandbox.faults.arm({ kind: 'fail_after_effect', status: 502, endpoint: 'POST token', next: 1 });
    await expect(me()).rejects.toMatchObject({ kind: 'transient' });
    await expect(me()).rejects.toMatchObject({ kind: 'auth' });
    expect(sandbox.statuses('POST token')).toEqual([502, 400]);
  });

  it('whose answer got lost is made good by a source that does not rotate', async () => {
    await sandbox.close(0);
    sandbox = await startOAuthSandbox({ rotates: false });
    sandbox.faults.arm({ kind: 'fail_after_effect', status: 502, endpoint: 'POST token', next: 1 });
    await expect(me()).rejects.toMatchObject({ kind: 'transient' });
    expect(await me()).toBe(200);
  });
});

describe('a client with credentials of its own', () => {
  it('fetches a token without a refresh token, and a new one when it has expired', async () => {
    connectionId = await connectOAuth(db, tenantId, { clientSecret: enteredSecrets.clientSecret });
    const own = () =>
      clientOf(oauthProvider('client_credentials'), sandbox.baseUrl, { tenantId, connectionId });
    expect(await Promise.all([me(own()), me(own())])).toEqual([200, 200]);
    await expireStored();
    expect(await me(own())).toBe(200);
    expect(tokenCalls()).toBe(2);
    expect((await rows()).map(({ name, version }) => `${name} ${version}`)).toEqual([
      'accessToken 2',
      'clientSecret 1',
    ]);
  });

  it('is told by name that its secret is wrong', async () => {
    connectionId = await connectOAuth(db, tenantId, { clientSecret: 'wrong-secret' });
    await expect(
      me(
        clientOf(oauthProvider('client_credentials'), sandbox.baseUrl, { tenantId, connectionId }),
      ),
    ).rejects.toMatchObject({
      kind: 'auth',
      message: expect.stringContaining('(invalid_client)') as string,
    });
  });
});
