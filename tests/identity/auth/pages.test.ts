import { describe, expect, it } from 'vitest';
import { createUser } from '#lib/identity/auth/users.ts';
import { linkIn } from './mailbox.ts';
import { totp } from './people.ts';
import { Visitor } from './visitor.ts';
import { password, database, mailbox, server, signedIn } from './pages-stage.ts';

/** What differs between two requests for whatever reason. */
const comparable = (text: string): string =>
  text.replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'id');

describe('signing in', () => {
  it('leads to where one wanted to go, on this site', async () => {
    const wish = '/w/summit/settings/members?done=invite';
    const visitor = new Visitor(server);
    const sent = await visitor.get(wish);
    expect(sent.location).toBe(`/sign-in?next=${encodeURIComponent(wish)}`);
    expect(
      (await visitor.post(sent.location ?? '', { email: 'admin@summit.test', password })).location,
    ).toBe(wish);
    expect((await visitor.get(wish)).heading).toBe('Members');
    expect(
      (
        await new Visitor(server).post('/sign-in?next=//evil.test', {
          email: 'admin@summit.test',
          password,
        })
      ).location,
    ).toBe('/');
    expect((await visitor.get('/')).location).toBe('/w/summit/dashboard');
    expect((await visitor.get('/leads?status=new')).location).toBe('/w/summit/leads?status=new');
  });

  it('says what is wrong beside the fields, keeps the address and never the password', async () => {
    const visitor = new Visitor(server);
    const wrong = await visitor.post('/sign-in', {
      email: 'admin@summit.test',
      password: 'my-typo-secret',
    });
    expect(wrong.status).toBe(401);
    expect(wrong.text).toContain('The e-mail address or the password is wrong.');
    expect(wrong.text).toContain('value="admin@summit.test"');
    expect(wrong.text).not.toContain('my-typo-secret');
    const empty = await visitor.post('/sign-in', { email: '', password: '' });
    expect(empty.status).toBe(400);
    expect(empty.text).toMatch(/aria-describedby="field-email-error"/);
    expect(visitor.jar.size).toBe(0);
  });

  it('waits after ten wrong passwords, on the page and at the endpoint', async () => {
    const visitor = new Visitor(server);
    for (let turn = 0; turn < 10; turn += 1)
      await visitor.post('/sign-in', { email: 'viewer@harbor.test', password: 'wrong' });
    const page = await visitor.post('/sign-in', { email: 'viewer@harbor.test', password });
    expect(page.status).toBe(429);
    expect(Number(page.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(page.text).toMatch(/Try again in \d+ minutes/);
    const body = JSON.stringify({ email: 'viewer@harbor.test', password });
    const json = await visitor.send('/api/auth/sign-in/email', {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', origin: server.url },
    });
    expect(json.status).toBe(429);
    expect(Number(json.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(JSON.parse(json.text)).toMatchObject({
      error: { code: 'rate_limited', requestId: json.headers.get('x-request-id') },
    });
  });

  it('asks for the second step, and opens nothing before it', async () => {
    await createUser({ email: 'two@summit.test', password, tenantSlug: 'summit' });
    const owner = await signedIn('two@summit.test');
    const setup = await owner.post('/account/two-factor', { intent: 'start', password });
    const key = (/translate="no">([A-Z2-7 ]+)</.exec(setup.text)?.[1] ?? '').replaceAll(' ', '');
    expect(setup.text).toContain('<svg');
    const wrong = await owner.post('/account/two-factor', { intent: 'confirm', code: '000000' });
    expect(wrong.status).toBe(401);
    expect(wrong.text.replaceAll(' ', ''), 'the key is still there').toContain(key);
    const done = await owner.post('/account/two-factor', { intent: 'confirm', code: totp(key) });
    expect(done.text.match(/<code>/g)).toHaveLength(10);
    expect((await owner.get('/account')).heading, 'still signed in').toBe('Account');

    const visitor = new Visitor(server);
    expect(
      (await visitor.post('/sign-in?next=%2Faccount', { email: 'two@summit.test', password }))
        .location,
    ).toBe('/two-factor?next=%2Faccount');
    expect((await visitor.get('/account')).location).toMatch(/^\/sign-in/);
    expect((await visitor.post('/two-factor?next=%2Faccount', { code: '123456' })).status).toBe(
      401,
    );
    expect((await visitor.post('/two-factor?next=%2Faccount', { code: totp(key) })).location).toBe(
      '/account',
    );
    expect((await visitor.get('/account')).heading).toBe('Account');
  });

  it('ends on sign-out, which takes a form', async () => {
    const visitor = await signedIn('admin@summit.test');
    const copy = new Map(visitor.jar);
    expect((await visitor.get('/sign-out')).location).toBe('/');
    expect((await visitor.get('/account')).status).toBe(200);
    const left = await visitor.post('/sign-out', {});
    expect(left.headers.get('clear-site-data')).toBe('"cache", "storage"');
    for (const [name, value] of copy) visitor.jar.set(name, value);
    expect((await visitor.get('/account')).location).toMatch(/^\/sign-in/);
  });
});

describe('links by mail', () => {
  it('set a new password, and answer every address the same', async () => {
    await createUser({ email: 'lost@summit.test', password, tenantSlug: 'summit' });
    const [session, visitor] = [await signedIn('lost@summit.test'), new Visitor(server)];
    const known = await visitor.post('/forgot-password', { email: 'lost@summit.test' });
    const unknown = await visitor.post(
      '/forgot-password',
      { email: 'nobody@summit.test' },
      { 'x-forwarded-host': 'evil.test' },
    );
    expect([known.status, known.location, known.text]).toEqual([
      unknown.status,
      unknown.location,
      unknown.text,
    ]);
    const link = linkIn(await mailbox.newest('lost@summit.test', /new password/));
    expect(link.startsWith(`${server.url}/reset-password?token=`)).toBe(true);
    const page = link.slice(server.url.length);
    expect((await visitor.get(page)).text).toContain('autocomplete="new-password"');
    expect((await visitor.post(page, { password: 'short' })).status).toBe(400);
    expect((await visitor.post(page, { password: 'a brand new secret' })).location).toBe(
      '/sign-in?done=password',
    );
    expect((await visitor.post(page, { password: 'a brand new secret' })).text).toContain(
      'has expired or has already been used',
    );
    expect((await session.get('/account')).location).toMatch(/^\/sign-in/);
    await signedIn('lost@summit.test', 'a brand new secret');
  });

  it('let invited people in, once', async () => {
    const admin = await signedIn('admin@summit.test');
    const invited = await admin.post('/w/summit/settings/members', {
      intent: 'invite',
      email: 'new@summit.test',
      role: 'member',
    });
    expect(invited.location).toBe('/w/summit/settings/members?done=invite');
    const page = linkIn(await mailbox.newest('new@summit.test', /^Join/)).slice(server.url.length);
    expect((await admin.get(page)).text).toContain('You are signed in as admin@summit.test');
    expect((await admin.post(page, {})).status).toBe(403);
    const visitor = new Visitor(server);
    expect((await visitor.post(page, { name: '', password: 'x' })).text).toMatch(
      /Enter a name\..*at least 12 characters/s,
    );
    expect((await visitor.post(page, { name: '<b>New</b>', password })).location).toBe(
      '/w/summit/dashboard',
    );
    expect((await visitor.get('/account')).text).toContain('&lt;b&gt;New&lt;/b&gt;');
    expect((await new Visitor(server).get(page)).status).toBe(404);
    expect((await new Visitor(server).post(page, { name: 'Again', password })).status).toBe(404);
  });
});

describe('members', () => {
  it('are managed on their page, with effect on the next request', async () => {
    const { user } = await createUser({
      email: 'leaver@summit.test',
      name: 'Lea',
      password,
      tenantSlug: 'summit',
    });
    const [admin, leaver] = [
      await signedIn('admin@summit.test'),
      await signedIn('leaver@summit.test'),
    ];
    const page = '/w/summit/settings/members';
    expect((await leaver.get(page)).status).toBe(403);
    expect(
      (await admin.post(page, { intent: 'role', userId: user.id, role: 'admin' })).location,
    ).toBe(`${page}?done=role`);
    expect((await leaver.get(page)).text).toContain('leaver@summit.test');
    expect((await admin.post(page, { intent: 'remove', userId: user.id })).location).toBe(
      `${page}?done=remove`,
    );
    expect((await leaver.get(page)).status).toBe(404);
    expect((await admin.get(page)).text).not.toContain('leaver@summit.test');
    const [self] = await database.query<{ id: string }>(
      `select id from users where email = 'admin@summit.test'`,
    );
    const last = await admin.post(page, { intent: 'remove', userId: self?.id ?? '' });
    expect([last.status, last.text.includes('This is the last admin of the workspace.')]).toEqual([
      409,
      true,
    ]);
    expect((await admin.post(page, { intent: 'constructor' })).status).toBe(400);
  });
});

describe('workspaces', () => {
  it('that are foreign look like absent ones, however they are spelled', async () => {
    const viewer = await signedIn('viewer@summit.test');
    const absent = await viewer.get('/w/absent/settings/members');
    for (const slug of [
      'harbor',
      '%68arbor',
      'HARBOR',
      'harbor%00',
      '%00',
      'harbor%2f',
      'summit%2f..%2fharbor',
    ]) {
      const answer = await viewer.get(`/w/${slug}/settings/members`);
      expect([answer.status, comparable(answer.text).replaceAll(slug, 'absent')], slug).toEqual([
        404,
        comparable(absent.text),
      ]);
    }
    expect((await viewer.get('/w/summit/settings/members')).status).toBe(403);
    expect(
      (
        await viewer.post('/w/summit/settings/members', {
          intent: 'invite',
          email: 'x@x.test',
          role: 'admin',
        })
      ).status,
    ).toBe(403);
    expect(
      (
        await viewer.post('/w/harbor/settings/members', {
          intent: 'invite',
          email: 'x@x.test',
          role: 'admin',
        })
      ).status,
    ).toBe(404);
    expect((await viewer.post('/workspaces', { slug: 'harbor' })).status).toBe(404);
  });

  it('are listed and switched', async () => {
    const staff = await signedIn('staff@tributary.test');
    expect((await staff.get('/')).location).toBe('/workspaces');
    expect((await staff.get('/workspaces')).text).toMatch(
      /harbor franchising.*summit franchising/s,
    );
    expect((await staff.post('/workspaces', { slug: 'harbor' })).location).toBe(
      '/w/harbor/dashboard',
    );
    expect((await staff.get('/notes?search=x')).location).toBe('/w/harbor/notes?search=x');
    expect((await staff.get('/workspaces?search=sum')).text).not.toContain('harbor franchising');
  });
});
