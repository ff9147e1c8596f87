import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createUser } from '#lib/identity/auth/users.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { useDatabase } from '../../helpers/database.ts';
import { allowForLoad } from '../../helpers/patience.ts';
import { password, startWeb, type Web, type WebClient } from '../../helpers/web.ts';
import { totp } from './people.ts';

allowForLoad();
const database = useDatabase();
let web: Web;

beforeAll(async () => {
  for (const slug of ['summit', 'harbor']) await createTenant({ slug, name: `The ${slug}` });
  for (const name of ['boss', 'second'])
    await createUser({
      email: `${name}@summit.test`,
      password,
      tenantSlug: 'summit',
      role: 'admin',
    });
  await createUser({ email: 'viewer@summit.test', password, tenantSlug: 'summit' });
  await createUser({ email: 'admin@harbor.test', password, tenantSlug: 'harbor', role: 'admin' });
  await createUser({ email: 'staff@tributary.test', password, staff: true });
  await createUser({ email: 'assigned@tributary.test', password, staff: ['harbor'] });
  web = await startWeb(database.url, { REQUIRE_STAFF_TWO_FACTOR: '1' });
});
afterAll(() => web?.stop());

/** Sets two-step sign-in up as the pages do, and returns the secret of the app. */
async function setUp(person: WebClient, next = ''): Promise<{ key: string; last: string }> {
  const page = `/account/two-factor${next && `?next=${encodeURIComponent(next)}`}`;
  const started = await (await person.postForm(page, { intent: 'start', password })).text();
  const shown = /<code[^>]*translate="no"[^>]*>([^<]*)</.exec(started)?.[1] ?? '';
  const key = shown.replaceAll(/\s/g, '');
  await database.query(`delete from rate_limits where key like 'totp:code:%'`);
  const last = await person.postForm(page, { intent: 'confirm', code: totp(key) });
  return { key, last: await last.text() };
}
const setupOf = (path: string): string => `/account/two-factor?next=${encodeURIComponent(path)}`;
const where = async (person: WebClient, path: string): Promise<string> => {
  const response = await person.fetch(path);
  await response.arrayBuffer();
  return response.headers.get('location') ?? String(response.status);
};
const members = '/w/summit/settings/members';

describe('a workspace', () => {
  it('is not made to demand it by an admin who would be shut out', async () => {
    const boss = await web.signIn('boss@summit.test');
    const page = await boss.text(members);
    expect(page).toContain('Set it up for your own account');
    expect(page).not.toContain('value="demand-on"');
    const refused = await boss.postForm(members, { intent: 'demand-on' });
    expect(refused.status).toBe(409);
    expect(await refused.text()).toContain('Set it up for your account first.');
    expect(await where(boss, '/w/summit/dashboard')).toBe('200');
  });

  it('leads people to the setup and back, and refuses their programs', async () => {
    const boss = await web.signIn('boss@summit.test');
    expect((await setUp(boss, members)).last).toContain(`href="${members}"`);
    const viewer = await web.signIn('viewer@summit.test');
    await viewer.postForm('/workspaces', { slug: 'summit' });
    expect(await where(viewer, '/w/summit/leads?page=2')).toBe('200');
    expect(await where(boss, members)).toBe('200');
    expect((await boss.postForm(members, { intent: 'demand-on' })).status).toBe(303);

    for (const path of ['/w/summit/leads?page=2', '/w/summit/leads.csv', '/w/summit/reports'])
      expect(await where(viewer, path), path).toBe(setupOf(path));
    const posted = await viewer.postForm('/w/summit/leads', { intent: 'save-view', name: 'Mine' });
    expect(posted.headers.get('location')).toBe(setupOf('/w/summit/leads'));
    for (const path of ['/api/leads', '/api/leads?tenant=summit', '/api/dashboard/leads']) {
      const { status, body } = await viewer.json<{ error: { code: string; message: string } }>(
        path,
      );
      expect([status, body.error.code], path).toEqual([403, 'two_factor_required']);
      expect(body.error.message).toContain('Set it up under Account');
    }
    expect((await viewer.postJson('/api/sync?tenant=summit')).status).toBe(403);

    const explained = await viewer.text(setupOf('/w/summit/leads?page=2'));
    expect(explained).toContain('The summit demands it of everybody.');
    expect((await setUp(viewer, '/w/summit/leads?page=2')).last).toContain(
      'href="/w/summit/leads?page=2"',
    );
    expect(await where(viewer, '/w/summit/leads?page=2')).toBe('200');
    expect((await viewer.json('/api/leads')).status).toBe(200);
  });

  it('shows admins who has none, and says so in its log', async () => {
    const viewer = await web.signIn('second@summit.test');
    expect(await where(viewer, members)).toBe(setupOf(members));
    await setUp(viewer);
    const page = await viewer.text(members);
    expect(page).toContain('Demanded');
    expect(page).not.toContain('Without it at the moment');
    await createUser({ email: 'late@summit.test', password, tenantSlug: 'summit' });
    const later = await viewer.text(members);
    expect(later).toContain('Without it at the moment: 1 member.');
    expect(later).toContain('No two-step');
    const events = await database.query(
      `select actor_label, after from audit_events where action = 'settings.changed'`,
    );
    expect(events).toEqual([
      { actor_label: 'boss@summit.test', after: { twoFactorDemanded: true } },
    ]);
  });

  it('keeps it on while it is demanded', async () => {
    const late = await web.signIn('late@summit.test');
    const { key } = await setUp(late);
    const page = await late.text('/account/two-factor');
    expect(page).toContain('It cannot be turned off: The summit demands it of everybody.');
    expect(page).not.toContain('value="disable"');
    await database.query(`delete from rate_limits where key like 'totp:code:%'`);
    const code = totp(key);
    const refused = await late.postForm('/account/two-factor', {
      intent: 'disable',
      password,
      code,
    });
    expect(refused.status).toBe(409);
    expect(await where(late, '/w/summit/dashboard')).toBe('200');
    await database.query(`update tenants set two_factor_demanded_at = null`);
    const off = await late.postForm('/account/two-factor', { intent: 'disable', password, code });
    expect(off.headers.get('location')).toBe('/account?done=two-factor');
  });
});

describe('staff', () => {
  it('need it everywhere, also where nobody else does', async () => {
    for (const email of ['staff@tributary.test', 'assigned@tributary.test']) {
      const staff = await web.signIn(email);
      for (const path of ['/workspaces', '/w/harbor/dashboard', '/w/harbor/leads.csv'])
        expect(await where(staff, path), `${path} by ${email}`).toBe(setupOf(path));
      expect((await staff.json('/api/leads?tenant=harbor')).status).toBe(403);
      expect(await where(staff, '/account')).toBe('200');
    }
    const staff = await web.signIn('staff@tributary.test');
    for (const path of ['/alerts', '/people']) expect(await where(staff, path)).toBe(setupOf(path));
    expect(await staff.text(setupOf('/alerts'))).toContain('staff need it to enter any workspace');
    await setUp(staff, '/alerts');
    for (const path of ['/workspaces', '/alerts', '/people', '/w/harbor/dashboard'])
      expect(await where(staff, path), path).toBe('200');
    expect((await staff.json('/api/leads?tenant=harbor')).status).toBe(200);
  });

  it('are no reason to ask members for it', async () => {
    const admin = await web.signIn('admin@harbor.test');
    expect(await where(admin, '/w/harbor/dashboard')).toBe('200');
    expect(await where(admin, '/workspaces')).toBe('200');
    expect(await where(admin, '/people')).toBe('404');
  });
});
