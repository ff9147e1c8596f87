import { describe, expect, it } from 'vitest';
import { scrub } from '../../src/lib/platform/secrets.ts';
import { withAuthorization } from '../../src/lib/connections/oauth/authorization.ts';
import { clientOf, enteredSecrets, oauthProvider } from './oauth-stage.ts';
import {
  db,
  provider,
  sandbox,
  tenantId,
  connectionId,
  connectWith,
  client,
  me,
  tokenCalls,
  rows,
} from './oauth-account.ts';

const expireStored = () =>
  db.query(
    `update credentials
     set expires_at = now() - interval '1 second', updated_at = now() - interval '1 hour'
     where connection_id = $1 and name = 'accessToken'`,
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
    expect(sealed.toString('latin1')).not.toContain('access-');
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
      message: expect.stringContaining('does not belong to this provider') as string,
    });
  });
});

describe('a client with credentials of its own', () => {
  it('fetches a token without a refresh token, and a new one when it has expired', async () => {
    await connectWith({ clientSecret: enteredSecrets.clientSecret });
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
    await connectWith({ clientSecret: 'wrong-secret' });
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
