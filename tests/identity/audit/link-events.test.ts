/*
 * What comes of links in mails, and what operators and code backups leave.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { addMember } from '#lib/identity/auth/members.ts';
import { grantStaff, revokeStaff } from '#lib/identity/auth/staff.ts';
import { createUser } from '#lib/identity/auth/users.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { allowForLoad } from '../../helpers/patience.ts';
import { linkIn } from '../auth/mailbox.ts';
import { database, mailbox, password, server, signedIn } from '../auth/pages-stage.ts';
import { tokenOf, totp } from '../auth/people.ts';
import { Visitor } from '../auth/visitor.ts';
import { followAudit, toLines } from './news.ts';

allowForLoad();
const news = followAudit(database);
const secret = 'eleven herons over a canal';
const linkFor = async (email: string) => tokenOf(linkIn(await mailbox.newest(email)));

beforeAll(async () => {
  await createTenant({ slug: 'lagoon', name: 'Lagoon' });
  await news();
});

describe('a link in a mail', () => {
  it('lets a person in, and is in the log from its sending', async () => {
    const admin = await signedIn('admin@summit.test');
    const members = '/w/summit/settings/members';
    for (const email of ['pat@guests.test', 'quin@guests.test'])
      await admin.post(members, { intent: 'invite', email, role: 'member' });
    const [row] = await database.query<{ id: string }>(
      `select id from invitations where email = 'quin@guests.test'`,
    );
    await admin.post(members, { intent: 'revoke', invitation: row?.id ?? '' });
    const pat = new Visitor(server);
    const path = `/invitations/${await linkFor('pat@guests.test')}`;
    await pat.post(path, { name: 'Pat', password: secret });
    const found = await news();
    expect(toLines(found)).toEqual([
      'invitation.sent: pat@guests.test',
      'invitation.sent: quin@guests.test',
      'invitation.withdrawn: quin@guests.test',
      expect.stringMatching(/^invitation\.accepted: /),
    ]);
  });

  it('sets a password, which each workspace of the account is told', async () => {
    const visitor = new Visitor(server);
    await visitor.post('/forgot-password', { email: 'viewer@harbor.test' });
    const token = await linkFor('viewer@harbor.test');
    await visitor.post(`/reset-password?token=${token}`, { password: secret });
    expect(toLines(await news())).toEqual([
      'password.reset_requested: viewer@harbor.test',
      'password.reset: viewer@harbor.test',
    ]);
  });
});

describe('an account', () => {
  it('leaves an event when two-step sign-in is set up and its codes are renewed', async () => {
    const visitor = await signedIn('viewer@summit.test');
    const setup = await visitor.post('/account/two-factor', { intent: 'start', password });
    const key = /[A-Z2-7]{32,}/.exec(setup.text.replaceAll(' ', ''))?.[0] ?? '';
    await visitor.post('/account/two-factor', { intent: 'confirm', code: totp(key) });
    // Codes are accepted once, and a test must not wait for the next one.
    await database.query(`delete from rate_limits where key like 'totp:code:%'`);
    await visitor.post('/account/two-factor', { intent: 'renew', password, code: totp(key) });
    expect(toLines(await news())).toEqual([
      'two_factor.enabled: viewer@summit.test',
      'two_factor.codes_renewed: viewer@summit.test',
    ]);
  });

  it('leaves an event when it joins a workspace, becomes staff and is staff no more', async () => {
    const { user } = await createUser({ email: 'kim@guests.test', password });
    await addMember({ tenantSlug: 'lagoon', email: user.email, role: 'viewer' });
    await grantStaff(user.id, null);
    await revokeStaff(user.id, null);
    expect(toLines(await news())).toEqual([
      'account.created: kim@guests.test',
      'member.added: kim@guests.test',
      'staff.granted: kim@guests.test',
      'staff.revoked: kim@guests.test',
    ]);
  });
});
