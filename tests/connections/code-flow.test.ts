import { describe, expect, it } from 'vitest';
import { createConnection } from '#lib/connections/connections.ts';
import { listConnectionViews } from '#lib/connections/manage.ts';
import { testConnection } from '#lib/connections/test/run.ts';
import { getAccessToken } from '#lib/connections/oauth/access-token.ts';
import { getOAuthProvider } from '#lib/connections/oauth/token-endpoint.ts';
import { openConnection } from '#lib/connections/connections.ts';
import { withConnection } from '#lib/connections/session.ts';
import { pollDeviceFlowJob } from '../../worker/jobs/poll-consent.ts';
import { useDatabase } from '../helpers/database.ts';
import {
  appForm,
  begin,
  comeBack,
  leave,
  messageOf,
  people,
  send,
  server,
  setApps,
  signIn,
  tenants,
  useSignIn,
} from './sign-in-stage.ts';

const db = useDatabase();
useSignIn();

const connected = '/w/acme/settings/connections?done=connect';
const views = () => listConnectionViews(tenants.acme.id);
const newest = async () => (await views()).at(-1);
const stored = (id: string) =>
  db.query('select state, sealed is null as emptied, attempt from device_consents where id = $1', [
    id,
  ]);
const credentials = (connectionId: string | undefined) =>
  db.query<{ name: string }>(
    'select name from credentials where connection_id = $1 order by name',
    [connectionId],
  );
const me = async (connectionId: string | undefined) =>
  withConnection({ tenantId: tenants.acme.id, connectionId: connectionId ?? '' }, {}, (session) =>
    session.http.request({ url: `${(session.settings as { baseUrl: string }).baseUrl}me` }),
  );

describe('signing in at a provider', () => {
  it('connects the account that the token names, at its own address', async () => {
    const { id, path } = await signIn({ without: ['owners.read'] });
    expect(path).toBe(connected);
    expect(await stored(id)).toEqual([{ state: 'connected', emptied: true, attempt: null }]);
    const connection = await newest();
    expect(connection).toMatchObject({
      label: 'Our Quill',
      provider: 'quill',
      status: 'active',
      baseUrl: server.url,
      authorization: {
        account: 'The acme company',
        asked: ['records.read', 'records.write', 'owners.read'],
        granted: ['records.read', 'records.write'],
        missing: ['owners.read'],
      },
    });
    expect((await credentials(connection?.id)).map(({ name }) => name)).toEqual([
      'accessToken',
      'clientId',
      'clientSecret',
      'refreshToken',
    ]);
    const asked = server.forms.length;
    expect((await me(connection?.id)).status).toBe(200);
    expect(server.forms.length, 'the token of the sign-in is used').toBe(asked);
    expect(
      await db.query(
        `select action from audit_events where actor_id = $1 and action like 'connection.%'
         order by at, action`,
        [people.ann.id],
      ),
    ).toEqual([{ action: 'connection.sign_in_started' }, { action: 'connection.created' }]);
  });

  it('asks for a code with PKCE, its scopes and parameters, and for nothing secret', async () => {
    const address = new URL(await leave(await begin()));
    expect(Object.fromEntries(address.searchParams)).toEqual({
      prompt: 'consent',
      response_type: 'code',
      client_id: server.clientId,
      redirect_uri: 'http://localhost:4321/api/integrations/oauth/callback/quill',
      scope: 'records.read',
      optional_scope: 'records.write owners.read',
      state: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]{43}$/) as string,
      code_challenge: expect.stringMatching(/^[\w-]{43}$/) as string,
      code_challenge_method: 'S256',
    });
  });

  it('renews by itself, with or without a new refresh token, and follows the account', async () => {
    await signIn();
    const connection = await newest();
    const { provider, settings } = await openConnection(tenants.acme.id, connection?.id ?? '');
    const oauth = getOAuthProvider(provider);
    if (oauth === undefined) throw new Error('no OAuth');
    const renew = async () => {
      await db.query(
        `update credentials set expires_at = now() - interval '1 second'
         where connection_id = $1 and name = 'accessToken'`,
        [connection?.id],
      );
      const owner = { tenantId: tenants.acme.id, connectionId: connection?.id ?? '' };
      return getAccessToken({ ...owner, provider: oauth, settings });
    };
    expect((await renew()).secondsLeft).toBeGreaterThan(3_000);
    const moved = server.url.replace('127.0.0.1', 'localhost');
    server.shape = ({ refresh_token: _kept, ...answer }) => ({ ...answer, instance_url: moved });
    try {
      await renew();
      expect((await newest())?.baseUrl).toBe(moved);
      server.shape = (answer) => ({ ...answer, instance_url: 'https://evil.example/' });
      await expect(renew(), 'the old one was good once').rejects.toMatchObject({ kind: 'auth' });
      expect((await newest())?.baseUrl, 'no other host is taken').toBe(moved);
    } finally {
      server.shape = (answer) => answer;
    }
  });

  it.each([
    ['without token_type', ({ token_type: _left, ...answer }: Record<string, unknown>) => answer],
    ['with a malformed id_token', (answer: object) => ({ ...answer, id_token: 'not.a.jwt' })],
    ['with a lifetime as text', (answer: object) => ({ ...answer, expires_in: '3600' })],
    ['without a lifetime', ({ expires_in: _left, ...answer }: Record<string, unknown>) => answer],
    ['with nulls', (answer: object) => ({ ...answer, expires_in: null, scope: null })],
  ])('understands an answer %s', async (_what, shape) => {
    server.shape = shape;
    try {
      expect((await signIn()).path).toBe(connected);
      expect((await me((await newest())?.id)).status).toBe(200);
    } finally {
      server.shape = (answer) => answer;
    }
  });

  it('without a lifetime is renewed when its token is rejected', async () => {
    server.shape = ({ expires_in: _left, ...answer }) => answer;
    try {
      await signIn();
      const id = (await newest())?.id;
      server.expire();
      const asked = server.forms.length;
      expect((await me(id)).status).toBe(200);
      expect(server.forms.slice(asked).map(({ grant_type: kind }) => kind)).toEqual([
        'refresh_token',
      ]);
    } finally {
      server.shape = (answer) => answer;
    }
  });

  it('that gets lost on the way is taken up again, and the first way is closed', async () => {
    const id = await begin();
    const lost = server.visit(await leave(id));
    const back = server.visit(await leave(id));
    await expect(comeBack(lost)).rejects.toMatchObject({ code: 'bad_request' });
    expect(await comeBack(back)).toBe(connected);
  });

  it('that nobody finishes is forgotten with all that was entered', async () => {
    const id = await begin();
    const consent = { tenantId: tenants.acme.id, consentId: id };
    expect((await pollDeviceFlowJob(consent)).kind).toBe('again');
    await db.query(`update device_consents set expires_at = now() where id = $1`, [id]);
    await expect(leave(id)).rejects.toMatchObject({ code: 'not_found' });
    expect((await pollDeviceFlowJob(consent)).kind).toBe('ok');
    expect(await stored(id)).toEqual([{ state: 'expired', emptied: true, attempt: null }]);
  });
});

describe('an app that the deployment has registered', () => {
  it('spares people its id and secret', async () => {
    const { 'secret.clientId': _id, 'secret.clientSecret': _secret, ...fields } = appForm();
    await expect(begin(people.ann, 'acme', fields)).rejects.toMatchObject({
      message: expect.stringContaining('Enter clientId and clientSecret') as string,
    });
    const { clientId, clientSecret } = server;
    setApps({ quill: { clientId, clientSecret } });
    try {
      expect((await signIn({}, fields)).path).toBe(connected);
      const connection = await newest();
      expect((await credentials(connection?.id)).map(({ name }) => name)).toEqual([
        'accessToken',
        'refreshToken',
      ]);
      server.expire();
      expect((await me(connection?.id)).status).toBe(200);
      expect((await openConnection(tenants.acme.id, connection?.id ?? '')).secrets).toEqual({
        clientId,
        clientSecret,
      });
    } finally {
      setApps(undefined);
    }
  });
});

describe('a connection that was signed in to', () => {
  it('is tested with a token of its own', async () => {
    await signIn({ account: 'tested' });
    const id = (await newest())?.id ?? '';
    const { isUsable, steps } = await testConnection(tenants.acme.id, id);
    expect([isUsable, steps.map(({ step }) => step)]).toEqual([
      true,
      ['settings', 'secrets', 'token', 'access'],
    ]);
  });

  it('is made by signing in only', async () => {
    const { clientId, clientSecret } = server;
    const request = {
      tenantId: tenants.acme.id,
      provider: 'quill',
      settings: { baseUrl: server.url, loginUrl: server.url },
      secrets: { clientId, clientSecret },
    };
    const before = await views();
    await expect(createConnection(request)).rejects.toMatchObject({
      code: 'bad_request',
      message: expect.stringContaining('by signing in there') as string,
    });
    expect(await views()).toEqual(before);
  });
});

describe('reconnecting', () => {
  const again = async (connection: string | undefined, account: string) => {
    const id = await begin(people.andy, 'acme', {
      intent: 'sign-in-again',
      connection: connection ?? '',
    });
    const back = server.visit(await leave(id, people.andy), { account });
    return { id, path: await comeBack(back, people.andy) };
  };

  it('mends a connection whose tokens were revoked, which keeps its id', async () => {
    await signIn({ account: 'mended' });
    const before = await newest();
    server.revoke('mended');
    await expect(me(before?.id)).rejects.toMatchObject({ kind: 'auth' });
    await db.query(`update connections set status = 'needs_reconnect' where id = $1`, [before?.id]);
    expect((await again(before?.id, 'mended')).path).toBe(connected);
    expect(await newest()).toMatchObject({ id: before?.id, status: 'active', statusReason: null });
    expect((await me(before?.id)).status).toBe(200);
  });

  it('refuses another account than the one that is connected', async () => {
    await signIn({ account: 'right' });
    const before = await newest();
    const secrets = await db.query('select * from credentials where connection_id = $1', [
      before?.id,
    ]);
    const { id, path } = await again(before?.id, 'wrong');
    expect(path).toBe(`/w/acme/settings/consents/${id}`);
    expect(await messageOf(id)).toMatch(/another account of Quill \(The wrong company\).*right/);
    expect(await newest()).toEqual(before);
    expect(
      await db.query('select * from credentials where connection_id = $1', [before?.id]),
    ).toEqual(secrets);
  });
});

describe('a way to authenticate besides the first one', () => {
  it('is one more choice, and its connection remembers it', async () => {
    await signIn({ account: 'direct' });
    const token = server.secrets.findLast((secret) => secret.startsWith('access-')) ?? '';
    const path = await send(people.ann, 'acme', {
      intent: 'connect',
      provider: 'quill',
      auth: 'token',
      label: '',
      baseUrl: server.url,
      'secret.token': token,
    });
    expect(path).toBe(connected);
    const connection = await newest();
    expect(connection).toMatchObject({ auth: 'token', authorization: null });
    expect((await me(connection?.id)).status).toBe(200);
    const { isUsable, steps } = await testConnection(tenants.acme.id, connection?.id ?? '');
    expect([isUsable, steps.map(({ step }) => step)]).toEqual([
      true,
      ['settings', 'secrets', 'access'],
    ]);
  });
});
