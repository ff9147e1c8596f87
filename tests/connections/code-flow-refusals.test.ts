import { beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../../src/lib/platform/id.ts';
import { scrub } from '../../src/lib/platform/secrets.ts';
import { listConnectionViews } from '#lib/connections/manage.ts';
import { useDatabase } from '../helpers/database.ts';
import { secretSpellings, textsWith } from '../isolation/leaks.ts';
import {
  appForm,
  begin,
  comeBack,
  leave,
  messageOf,
  people,
  send,
  server,
  signIn,
  tenants,
  useSignIn,
} from './sign-in-stage.ts';

const db = useDatabase();
useSignIn();
beforeEach(async () => {
  await db.query('delete from connections');
  await db.query('delete from device_consents');
});

const page = (id: string) => `/w/acme/settings/consents/${id}`;
const notOurs = {
  code: 'bad_request',
  message: expect.stringMatching(/othing was connected/) as string,
};
/** Nothing is half-made: no connection, no secret, no authorization, in either workspace. */
async function expectNothing(): Promise<void> {
  for (const table of ['connections', 'credentials', 'authorizations'])
    expect(await db.query(`select * from ${table}`), table).toEqual([]);
}
const tokenCalls = () => server.forms.length;

describe('an answer that is not the one to an attempt of this session', () => {
  it.each([
    ['without a state', () => '?code=x'],
    ['with a state of nobody', () => '?code=x&state=made-up'],
    ['with a state of this form', () => `?code=x&state=${tenants.acme.id}.${newId()}.x`],
    [
      'with another id in its state',
      (back: URL) => back.search.replace(/\.[\w-]+\./, `.${newId()}.`),
    ],
    ['with another end of its state', (back: URL) => back.search.replace('&', 'x&')],
  ])('is refused %s', async (_what, change) => {
    const back = server.visit(await leave(await begin()), { iss: null });
    const before = tokenCalls();
    await expect(comeBack(new URL(change(back), back))).rejects.toMatchObject(notOurs);
    expect(tokenCalls()).toBe(before);
    await expectNothing();
  });

  it('is refused in the session of another admin, and stays good for the right one', async () => {
    const id = await begin();
    const back = server.visit(await leave(id));
    await expect(comeBack(back, people.andy)).rejects.toMatchObject(notOurs);
    const elsewhere = { ...people.ann, sessionId: newId() };
    await expect(comeBack(back, elsewhere)).rejects.toMatchObject(notOurs);
    await expectNothing();
    expect(await comeBack(back)).toContain('done=connect');
  });

  it('is refused to people of another workspace and to those who may not connect', async () => {
    const id = await begin();
    const back = server.visit(await leave(id));
    await expect(comeBack(back, people.bob)).rejects.toMatchObject(notOurs);
    await expect(comeBack(back, people.vera)).rejects.toMatchObject({ code: 'forbidden' });
    for (const [who, slug] of [
      [people.bob, 'birch'],
      [people.bob, 'acme'],
    ] as const)
      await expect(leave(id, who, slug)).rejects.toMatchObject({ code: 'not_found' });
    await expect(leave(id, people.vera)).rejects.toMatchObject({ code: 'forbidden' });
    await expectNothing();
  });

  it('is refused when its state was moved to another workspace', async () => {
    const id = await begin(people.bob, 'birch');
    const back = server.visit(await leave(id, people.bob, 'birch'));
    const state = back.searchParams.get('state') ?? '';
    back.searchParams.set('state', state.replace(tenants.birch.id, tenants.acme.id));
    await expect(comeBack(back, people.ann)).rejects.toMatchObject(notOurs);
    await expectNothing();
  });

  it('is refused at the address of another provider, by which its code stays unused', async () => {
    const id = await begin();
    await expect(leave(id, people.ann, 'acme', 'clienttether')).rejects.toMatchObject({
      code: 'not_found',
    });
    const back = server.visit(await leave(id));
    const before = tokenCalls();
    await expect(comeBack(back, people.ann, 'clienttether')).rejects.toMatchObject(notOurs);
    expect(tokenCalls()).toBe(before);
    await expectNothing();
  });

  it('is refused the second time', async () => {
    const back = server.visit(await leave(await begin()));
    expect(await comeBack(back)).toContain('done=connect');
    const before = tokenCalls();
    await expect(comeBack(back)).rejects.toMatchObject(notOurs);
    expect(tokenCalls()).toBe(before);
    expect(await listConnectionViews(tenants.acme.id)).toHaveLength(1);
  });

  it('is refused when it comes too late; the sign-in may be taken up again', async () => {
    const id = await begin();
    const back = server.visit(await leave(id));
    await db.query(`update device_consents set attempt_until = now() where id = $1`, [id]);
    await expect(comeBack(back)).rejects.toMatchObject(notOurs);
    await expectNothing();
    expect(await comeBack(server.visit(await leave(id)))).toContain('done=connect');
  });
});

describe('an answer that the provider is to blame for', () => {
  it.each([
    ['another issuer', { iss: 'https://evil.example/' }, /did not come from Quill/],
    ['no issuer', { iss: null }, /did not come from Quill/],
    ['an error', { error: 'server_error' }, /answered server_error/],
  ])('says %s on the page of the sign-in, and can be repeated', async (_what, visit, words) => {
    const before = tokenCalls();
    const { id, path } = await signIn(visit);
    expect(path).toBe(page(id));
    expect(await messageOf(id)).toMatch(words);
    expect(tokenCalls()).toBe(before);
    await expectNothing();
    expect(await comeBack(server.visit(await leave(id)))).toContain('done=connect');
  });

  it('ends the sign-in when the person declined', async () => {
    const { id, path } = await signIn({ error: 'access_denied' });
    expect(path).toBe(page(id));
    expect(await messageOf(id)).toBe('The person who signed in declined to give access.');
    await expect(leave(id)).rejects.toMatchObject({ code: 'not_found' });
    expect(
      await db.query('select state, sealed is null as emptied from device_consents where id = $1', [
        id,
      ]),
    ).toEqual([{ state: 'refused', emptied: true }]);
    await expectNothing();
  });

  it.each([
    [
      'a refusal in words of its own',
      { status: 400, body: { status: 'BAD_REFRESH_TOKEN', message: 'quoted: secret-4711' } },
      /did not accept the sign-in \(invalid_grant\)/,
    ],
    [
      'a web page with 503',
      { status: 503, body: '<html>later</html>', headers: { 'content-type': 'text/html' } },
      /not available right now/,
    ],
    [
      'a web page with 200',
      { status: 200, body: '<html>maintenance</html>', headers: { 'content-type': 'text/html' } },
      /web page instead of data/,
    ],
    ['no token', { status: 200, body: { scope: 'records.read' } }, /not a token/],
    [
      'another kind of token',
      { status: 200, body: { access_token: 'a', token_type: 'mac' } },
      /not a token/,
    ],
    [
      'no refresh token',
      { status: 200, body: { access_token: 'access-for-a-moment', token_type: 'bearer' } },
      /no refresh token/,
    ],
    ['429', { status: 429, body: {}, headers: { 'retry-after': '30' } }, /too many requests/],
  ])('says so when the token endpoint sends %s', async (_what, reply, words) => {
    const id = await begin();
    const back = server.visit(await leave(id));
    server.next = reply;
    expect(await comeBack(back)).toBe(page(id));
    expect(await messageOf(id)).toMatch(words);
    expect(await messageOf(id)).not.toMatch(/4711|access-for/);
    await expectNothing();
  });

  it('is refused when it lacks a scope that is needed', async () => {
    const { id } = await signIn({ without: ['records.read'] });
    expect(await messageOf(id)).toMatch(/permission that is needed \(records\.read\)/);
    await expectNothing();
  });

  it.each(['https://evil.example/', 'http://10.0.0.1/', 'https://quill.test.evil.example/', 'x'])(
    'is refused when the account shall live at %s',
    async (instance) => {
      server.shape = (answer) => ({ ...answer, instance_url: instance });
      try {
        const { id, path } = await signIn();
        expect(path).toBe(page(id));
        expect(await messageOf(id)).toMatch(/host of Quill|not valid|URL/);
        await expectNothing();
      } finally {
        server.shape = (answer) => answer;
      }
    },
  );

  it('is refused when the code was used by somebody else', async () => {
    const id = await begin();
    const back = server.visit(await leave(id));
    const other = server.visit(await leave(await begin()));
    other.searchParams.set('code', back.searchParams.get('code') ?? '');
    expect(await comeBack(other)).not.toContain('done=connect');
    expect(await comeBack(back)).toBe(page(id));
    expect(await messageOf(id)).toMatch(/invalid_grant/);
    await expectNothing();
  });
});

describe('the form', () => {
  it('refuses a provider without sign-in, a way that it has not, and another host', async () => {
    const refused = (fields: Record<string, string>) =>
      expect(send(people.ann, 'acme', { ...appForm(), ...fields })).rejects.toMatchObject({
        code: 'bad_request',
      });
    await refused({ provider: 'clienttether' });
    await refused({ auth: 'constructor' });
    await refused({ auth: 'token' });
    await refused({ baseUrl: 'https://evil.example/' });
    const id = await begin(people.ann, 'acme', {
      ...appForm(),
      'setting.loginUrl': 'https://evil.example/',
    });
    await expect(leave(id)).rejects.toMatchObject({ code: 'bad_request' });
    await expect(leave('nonsense')).rejects.toMatchObject({ code: 'not_found' });
  });

  it('keeps only a few sign-ins of a workspace waiting', async () => {
    for (let count = 0; count < 20; count += 1) await begin();
    await expect(begin()).rejects.toMatchObject({ code: 'conflict' });
  });
});

describe('codes, verifiers, tokens and secrets of an app', () => {
  it('are readable in no column of the database, and scrubbed from what is logged', async () => {
    await signIn();
    await signIn({ iss: 'https://evil.example/' });
    const secrets = [...server.secrets, server.clientSecret];
    expect(secrets.length).toBeGreaterThan(10);
    expect(await textsWith(db, ['Our Quill']), 'the search does find what is there').toContain(
      'public.connections',
    );
    expect(await textsWith(db, secrets.flatMap(secretSpellings))).toEqual([]);
    const used = server.forms.flatMap(({ code, code_verifier: verifier }) => [code, verifier]);
    for (const secret of used.filter((value) => value !== undefined))
      expect(scrub(`seen: ${secret}`)).toBe('seen: [secret]');
  });
});
