import { beforeAll, describe, expect, it } from 'vitest';
import { acceptInvitation, findInvitation } from '#lib/identity/auth/accept-invitation.ts';
import { findAccess, type Access } from '#lib/identity/auth/access.ts';
import {
  inviteUser,
  listInvitations,
  resendInvitation,
  revokeInvitation,
} from '#lib/identity/auth/invitations.ts';
import { changeRole, removeMember } from '#lib/identity/auth/members.ts';
import { createUser, findUserByEmail } from '#lib/identity/auth/users.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { useDatabase } from '../../helpers/database.ts';
import { linkIn, useMailbox } from './mailbox.ts';
import { Browser, password, problemOf, tokenOf } from './people.ts';

const database = useDatabase();
const mailbox = useMailbox();

async function accessOf(email: string, slug: string): Promise<Access> {
  const user = await findUserByEmail(email);
  const access = user && (await findAccess(user, slug));
  if (access === undefined) throw new Error(`${email} has no access to ${slug}`);
  return access;
}

let admin: Access;
const invite = async (email: string, role = 'member'): Promise<string> => {
  await inviteUser(admin, { email, role });
  return tokenOf(linkIn(await mailbox.newest(email.toLowerCase(), /^Join/)));
};
const rolesIn = async (slug: string, email: string) =>
  (
    await database.query<{ role: string }>(
      `select m.role
       from memberships m
       join tenants t on t.id = m.tenant_id
       join users u on u.id = m.user_id
       where t.slug = $1 and u.email = $2`,
      [slug, email],
    )
  ).map(({ role }) => role);

beforeAll(async () => {
  await createTenant({ slug: 'summit', name: 'Summit <Fitness> & Co' });
  await createTenant({ slug: 'harbor', name: 'Harbor' });
  await createUser({
    email: 'admin@example.test',
    name: 'Ann Admin',
    password,
    tenantSlug: 'summit',
    role: 'admin',
  });
  await createUser({ email: 'other@example.test', password, tenantSlug: 'harbor', role: 'admin' });
  admin = await accessOf('admin@example.test', 'summit');
});

describe('an invitation', () => {
  it('lets a new person in with a name and a password', async () => {
    const token = await invite('New.Person@example.test', 'viewer');
    const mail = await mailbox.newest('new.person@example.test', /^Join/);
    expect(mail.text).toContain(
      'Ann Admin invites you to the workspace Summit <Fitness> & Co as viewer.',
    );
    expect(mail.html).toContain('Summit &lt;Fitness&gt; &amp; Co');
    expect(await findInvitation(token)).toMatchObject({
      email: 'new.person@example.test',
      role: 'viewer',
      hasAccount: false,
    });
    await acceptInvitation(token, { name: 'New', password });
    expect(await rolesIn('summit', 'new.person@example.test')).toEqual(['viewer']);
    expect((await new Browser().signIn('new.person@example.test')).needsCode).toBe(false);
  });

  it('works once, also when two use it at the same moment', async () => {
    const token = await invite('twice@example.test');
    const results = await Promise.allSettled([
      acceptInvitation(token, { name: 'One', password }),
      acceptInvitation(token, { name: 'Two', password: 'somebody else entirely' }),
    ]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect((await problemOf(acceptInvitation(token, { name: 'Three', password }))).code).toBe(
      'not_found',
    );
    expect(await findInvitation(token)).toBeUndefined();
  });

  it('ends with its time, with being withdrawn, and with being sent again', async () => {
    const late = await invite('late@example.test');
    await database.query(
      `update invitations
       set expires_at = now() - interval '1 second'
       where email = 'late@example.test'`,
    );
    const withdrawn = await invite('withdrawn@example.test');
    const waiting = (await listInvitations(admin)).find(
      ({ email }) => email === 'withdrawn@example.test',
    );
    await revokeInvitation(admin, waiting?.id ?? '');
    const resent = await invite('resent@example.test');
    const [again] = (await listInvitations(admin)).filter(
      ({ email }) => email === 'resent@example.test',
    );
    await resendInvitation(admin, again?.id ?? '');
    expect(mailbox.countOf('resent@example.test')).toBe(2);
    const answers = await Promise.all(
      [late, withdrawn, resent].map((token) =>
        problemOf(acceptInvitation(token, { name: 'X', password })),
      ),
    );
    expect(
      new Set(answers.map(({ code, message }) => `${code} ${message}`)).size,
      'one answer for all of them',
    ).toBe(1);
    const newest = tokenOf(linkIn(await mailbox.newest('resent@example.test', /^Join/)));
    await acceptInvitation(newest, { name: 'Resent', password });
  });

  it('cannot be made up from what the database or a page shows', async () => {
    const token = await invite('target@example.test');
    const [id = '', mac = ''] = token.split('.');
    const [stored] = await database.query('select * from invitations where email = $1', [
      'target@example.test',
    ]);
    expect(JSON.stringify(stored)).not.toContain(mac);
    const forged = [
      id,
      `${id}.`,
      `${id}.${'A'.repeat(mac.length)}`,
      `${id}.${mac.slice(0, -1)}`,
      `${id}.${mac}x`,
      '',
      '.',
      `x.${mac}`,
      `${id.toUpperCase()}.${mac}`,
    ];
    for (const attempt of forged) expect(await findInvitation(attempt), attempt).toBeUndefined();
    await database.query(
      `update invitations
       set expires_at = expires_at + interval '1 day'
       where email = 'target@example.test'`,
    );
    expect(await findInvitation(token), 'after somebody moved its end').toBeUndefined();
  });

  it('is bound to its address', async () => {
    const token = await invite('bound@example.test', 'admin');
    const thief = await findUserByEmail('other@example.test');
    if (thief === undefined) throw new Error('No such user');
    const refused = await problemOf(acceptInvitation(token, { user: thief }));
    expect(refused.code).toBe('forbidden');
    expect(refused.message).toContain('bound@example.test');
    expect(await rolesIn('summit', 'other@example.test')).toEqual([]);
    const { user } = await createUser({ email: 'bound@example.test', password });
    await acceptInvitation(token, { user });
    expect(await rolesIn('summit', 'bound@example.test')).toEqual(['admin']);
  });

  it('is refused for a member, for a wrong address and for a wrong role', async () => {
    expect(
      (await problemOf(inviteUser(admin, { email: 'admin@example.test', role: 'member' }))).code,
    ).toBe('conflict');
    expect(
      (await problemOf(inviteUser(admin, { email: 'nobody', role: 'member' }))).details,
    ).toHaveProperty('fields.email');
    expect(
      (await problemOf(inviteUser(admin, { email: 'a@example.test', role: 'staff' }))).details,
    ).toHaveProperty('fields.role');
    expect(
      (await problemOf(inviteUser(admin, { email: 'a@b.test\r\nBcc: x@y.test', role: 'member' })))
        .code,
    ).toBe('bad_request');
  });

  it('is for admins, of this workspace', async () => {
    const viewer = await accessOf('new.person@example.test', 'summit');
    const foreign = await accessOf('other@example.test', 'harbor');
    await invite('pending@example.test');
    const [open] = (await listInvitations(admin)).filter(
      ({ email }) => email === 'pending@example.test',
    );
    for (const work of [
      () => inviteUser(viewer, { email: 'x@example.test', role: 'admin' }),
      () => listInvitations(viewer),
      () => revokeInvitation(viewer, open?.id ?? ''),
      () => resendInvitation(viewer, open?.id ?? ''),
    ])
      expect((await problemOf(work())).code).toBe('forbidden');
    expect((await problemOf(revokeInvitation(foreign, open?.id ?? ''))).code).toBe('not_found');
    expect((await problemOf(resendInvitation(foreign, open?.id ?? ''))).code).toBe('not_found');
  });

  it('ends when the admin who sent it loses that role', async () => {
    const { user } = await createUser({
      email: 'rogue@example.test',
      password,
      tenantSlug: 'summit',
      role: 'admin',
    });
    const rogue = await accessOf('rogue@example.test', 'summit');
    await inviteUser(rogue, { email: 'backdoor1@example.test', role: 'admin' });
    await changeRole(admin, { userId: user.id, role: 'viewer' });
    await changeRole(admin, { userId: user.id, role: 'admin' });
    await inviteUser(rogue, { email: 'backdoor2@example.test', role: 'admin' });
    await removeMember(admin, { userId: user.id });
    for (const email of ['backdoor1@example.test', 'backdoor2@example.test']) {
      expect(
        await findInvitation(tokenOf(linkIn(await mailbox.newest(email, /^Join/)))),
        email,
      ).toBeUndefined();
    }
  });
});
