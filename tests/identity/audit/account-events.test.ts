import { beforeAll, describe, expect, it } from 'vitest';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { createUser } from '#lib/identity/auth/users.ts';
import { addMember } from '#lib/identity/auth/members.ts';
import { password, database, signedIn, server } from '../auth/pages-stage.ts';
import { totp } from '../auth/people.ts';
import { Visitor } from '../auth/visitor.ts';

/** The events since the last call, oldest first, as "workspace: action of target". */
const seen = new Set<string>();
async function news(): Promise<string[]> {
  const rows = await database.query<{ id: string; line: string }>(
    `select e.id, coalesce(t.slug, '-') || ': ' || action || ' ' || coalesce(target_label, '') as line
     from audit_events e left join tenants t on t.id = tenant_id
     order by e.at, t.slug`,
  );
  const fresh = rows.filter(({ id }) => !seen.has(id));
  for (const { id } of fresh) seen.add(id);
  return fresh.map(({ line }) => line.trim());
}

beforeAll(async () => {
  await createTenant({ slug: 'lagoon', name: 'Lagoon' });
  await createUser({ email: 'both@summit.test', password, tenantSlug: 'summit', role: 'admin' });
  await addMember({ tenantSlug: 'lagoon', email: 'both@summit.test', role: 'viewer' });
  await news();
});

describe('what an account does', () => {
  it('is told to each of its workspaces: signing in, failing to, and signing out', async () => {
    const visitor = await signedIn('both@summit.test');
    await visitor.post('/sign-out', {});
    expect(await news()).toEqual([
      'lagoon: sign_in.succeeded both@summit.test',
      'summit: sign_in.succeeded both@summit.test',
      'lagoon: sign_in.ended both@summit.test',
      'summit: sign_in.ended both@summit.test',
    ]);
    const stranger = new Visitor(server);
    await stranger.post('/sign-in', { email: 'viewer@harbor.test', password: 'wrong password' });
    await stranger.post('/sign-in', { email: 'hunter2@nowhere.test', password: 'wrong password' });
    expect(await news()).toEqual([
      'harbor: sign_in.failed viewer@harbor.test',
      '-: sign_in.failed h•••@nowhere.test',
    ]);
  });

  it('counts a sign-in with a second step when the code was right, and names a wrong one', async () => {
    const visitor = await signedIn('viewer@summit.test');
    const setup = await visitor.post('/account/two-factor', { intent: 'start', password });
    const key = /[A-Z2-7]{32,}/.exec(setup.text.replaceAll(' ', ''))?.[0] ?? '';
    await visitor.post('/account/two-factor', { intent: 'confirm', code: totp(key) });
    await news();
    const again = new Visitor(server);
    await again.post('/sign-in', { email: 'viewer@summit.test', password });
    expect(await news(), 'a password alone').toEqual([]);
    await again.post('/two-factor', { code: '000000' });
    expect(await news()).toEqual(['summit: two_factor.failed viewer@summit.test']);
    await again.post('/two-factor', { code: totp(key, Date.now() + 30_000) });
    expect(await news()).toEqual(['summit: sign_in.succeeded viewer@summit.test']);
  });

  it('records name, password, devices, members, invitations and visits of staff', async () => {
    const admin = await signedIn('admin@harbor.test');
    await signedIn('admin@harbor.test');
    await news();
    await admin.post('/account', { intent: 'name', name: 'Anna' });
    await admin.post('/account', { intent: 'revoke-others', password });
    const newPassword = 'three other long words';
    await admin.post('/account', { intent: 'password', password, newPassword });
    expect(await news()).toEqual([
      'harbor: account.renamed admin@harbor.test',
      'harbor: session.revoked_others admin@harbor.test',
      'harbor: password.changed admin@harbor.test',
    ]);
    const members = '/w/harbor/settings/members';
    const [viewer] = await database.query<{ id: string }>(
      `select id from users where email = 'viewer@harbor.test'`,
    );
    await admin.post(members, { intent: 'invite', email: 'new@harbor.test', role: 'member' });
    await admin.post(members, { intent: 'role', userId: viewer?.id ?? '', role: 'member' });
    await admin.post(members, { intent: 'remove', userId: viewer?.id ?? '' });
    expect(await news()).toEqual([
      'harbor: invitation.sent new@harbor.test',
      'harbor: member.role_changed viewer@harbor.test',
      'harbor: member.removed viewer@harbor.test',
    ]);
    const staff = await signedIn('staff@tributary.test');
    await staff.get('/w/harbor/dashboard');
    await staff.get('/w/harbor/leads');
    await staff.get('/api/leads?tenant=harbor');
    expect(await news()).toEqual([
      '-: sign_in.succeeded staff@tributary.test',
      'harbor: workspace.entered',
    ]);
    const [visit] = await database.query(
      `select actor_kind, actor_label, address, request_id is not null as traced
       from audit_events where action = 'workspace.entered'`,
    );
    expect(visit).toEqual({
      actor_kind: 'staff',
      actor_label: 'staff@tributary.test',
      address: '127.0.0.1',
      traced: true,
    });
  });
});
