import { beforeAll, describe, expect, it } from 'vitest';
import { acceptInvitation } from '#lib/identity/auth/accept-invitation.ts';
import { findAccess } from '#lib/identity/auth/access.ts';
import {
  deleteAccount,
  disableAccount,
  enableAccount,
  endSessions,
  resetTwoFactor,
} from '#lib/identity/auth/administration.ts';
import { auth } from '#lib/identity/auth/auth.ts';
import { createInvitationToken } from '#lib/identity/auth/invitation-token.ts';
import { inviteUser } from '#lib/identity/auth/invitations.ts';
import { changeRole, removeMember } from '#lib/identity/auth/members.ts';
import { endMemberSessions, resetMemberTwoFactor } from '#lib/identity/auth/member-security.ts';
import {
  createResetLink,
  requestPasswordReset,
  resetPassword,
} from '#lib/identity/auth/password-reset.ts';
import { findPerson, listPeople } from '#lib/identity/auth/people.ts';
import { verifyCode } from '#lib/identity/auth/sign-in.ts';
import { confirmTwoFactor, startTwoFactor } from '#lib/identity/auth/two-factor.ts';
import { createUser, type NewUser, type User } from '#lib/identity/auth/users.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { useDatabase } from '../../helpers/database.ts';
import { useMailbox } from './mailbox.ts';
import { Browser, password, problemOf, tokenOf, totp } from './people.ts';

const database = useDatabase();
const mailbox = useMailbox();
let staff: User;

beforeAll(async () => {
  for (const slug of ['summit', 'harbor']) await createTenant({ slug, name: `The ${slug}` });
  staff = await person('staff@tributary.test', { staff: true });
  await person('boss@summit.test', { tenantSlug: 'summit', role: 'admin' });
});

async function person(email: string, more: Partial<NewUser> = {}): Promise<User> {
  return (await createUser({ email, password, ...more })).user;
}

async function enrol(email: string): Promise<{ browser: Browser; key: string }> {
  const browser = new Browser();
  await browser.signIn(email);
  const { key } = await startTwoFactor({ password }, await browser.signedIn(), browser.client);
  const code = { code: totp(key) };
  browser.keep((await confirmTwoFactor(code, await browser.signedIn(), browser.client)).cookies);
  return { browser, key };
}

async function adminOf(slug: string, email: string) {
  const { browser } = { browser: new Browser() };
  await browser.signIn(email);
  const access = await findAccess((await browser.signedIn()).user, slug);
  if (access === undefined) throw new Error('No access');
  return access;
}

const events = async (action: string): Promise<unknown[]> =>
  database.query(`select target_label from audit_events where action = $1`, [action]);

describe('a disabled account', () => {
  it('is out at once, and comes in by no way', async () => {
    const user = await person('gone@summit.test', { tenantSlug: 'summit', role: 'admin' });
    const { browser, key } = await enrol('gone@summit.test');
    const challenged = new Browser();
    await challenged.signIn('gone@summit.test');
    const link = await createResetLink(user.id, 600);
    const invitation = await inviteUser(await accessOf(browser), {
      email: 'friend@example.test',
      role: 'admin',
    });
    const friend = createInvitationToken(invitation);

    await disableAccount(user.id, staff);
    expect(await browser.session()).toBeNull();
    await database.query(`delete from rate_limits where key like 'totp:code:%'`);
    const second = await problemOf(
      verifyCode({ kind: 'totp', code: totp(key) }, challenged.client),
    );
    expect(second.code, 'a sign-in that was half done').toBe('unauthenticated');
    expect(await challenged.session()).toBeNull();
    const reset = { token: tokenOf(link), password: 'quite another sentence' };
    expect((await problemOf(resetPassword(reset, new Browser().client))).details).toEqual({
      invalidLink: true,
    });
    const invited = { name: 'Friend', password: 'quite another sentence' };
    expect((await problemOf(acceptInvitation(friend, invited))).code).toBe('not_found');
    await requestPasswordReset({ email: 'gone@summit.test' }, new Browser().client);
    await enableAccount(user.id, staff);
    await mailbox.newest('gone@summit.test', /enabled again/);
    expect(
      mailbox.countOf('gone@summit.test'),
      'new browser, two-step on, disabled, enabled; no link',
    ).toBe(4);
    expect((await challenged.signIn('gone@summit.test')).needsCode).toBe(true);
    expect(await events('account.disabled')).toEqual([{ target_label: 'gone@summit.test' }]);
    expect(await events('account.enabled')).toHaveLength(1);
  });

  const accessOf = async (browser: Browser) => {
    const access = await findAccess((await browser.signedIn()).user, 'summit');
    if (access === undefined) throw new Error('No access');
    return access;
  };

  it('answers the right password like a wrong one', async () => {
    const user = await person('quiet@summit.test');
    await disableAccount(user.id, staff);
    const answerTo = async (email: string, secret: string) => {
      const { code, message, details } = await problemOf(new Browser().signIn(email, secret));
      return { code, message, details };
    };
    const right = await answerTo('quiet@summit.test', password);
    expect(right).toEqual(await answerTo('quiet@summit.test', 'not the password'));
    expect(right).toEqual(await answerTo('nobody@summit.test', password));
    const byHttp = async (email: string) => {
      const body = JSON.stringify({ email, password });
      const headers = { 'content-type': 'application/json', origin: 'http://localhost:4321' };
      const request = new Request('http://localhost:4321/api/auth/sign-in/email', {
        method: 'POST',
        body,
        headers,
      });
      const response = await auth().handler(request);
      return { status: response.status, body: await response.json() };
    };
    expect(await byHttp('quiet@summit.test')).toEqual(await byHttp('nobody@summit.test'));
  });

  it('has no use for a session that was opened meanwhile', async () => {
    const user = await person('racer@summit.test');
    const browser = new Browser();
    await browser.signIn('racer@summit.test');
    await database.query('update users set disabled_at = now() where id = $1', [user.id]);
    expect(await browser.session()).toBeNull();
  });

  it('cannot stand in for another admin', async () => {
    await createTenant({ slug: 'alone', name: 'Alone' });
    const first = await person('first@alone.test', { tenantSlug: 'alone', role: 'admin' });
    const other = await person('other@alone.test', { tenantSlug: 'alone', role: 'admin' });
    const access = await adminOf('alone', 'first@alone.test');
    await disableAccount(other.id, staff);
    const demoted = { userId: first.id, role: 'viewer' };
    expect((await problemOf(changeRole(access, demoted))).message).toContain('last admin');
    expect((await problemOf(deleteAccount(first.id, staff))).message).toContain(
      'last admin of Alone',
    );
    await removeMember(access, { userId: other.id });
  });
});

describe('deleting an account', () => {
  it('takes all that signs it in along, and spares the rest', async () => {
    const user = await person('leaver@summit.test', { tenantSlug: 'summit', staff: ['harbor'] });
    const { browser } = await enrol('leaver@summit.test');
    await createResetLink(user.id, 600);
    await deleteAccount(user.id, staff);
    expect(await browser.session()).toBeNull();
    for (const table of ['sessions', 'accounts', 'two_factors', 'memberships', 'staff_grants'])
      expect(
        await database.query(`select 1 from ${table} where user_id = $1`, [user.id]),
        table,
      ).toEqual([]);
    expect(await database.query('select 1 from verifications where value = $1', [user.id])).toEqual(
      [],
    );
    expect(await events('account.deleted')).toEqual([{ target_label: 'leaver@summit.test' }]);
    const signedIn = await database.query(
      `select actor_label from audit_events where action = 'two_factor.enabled' and actor_id = $1
         or action = 'two_factor.enabled' and target_id = $1::text`,
      [user.id],
    );
    expect(signedIn.length, 'what they did is still in the log').toBeGreaterThan(0);
    expect((await problemOf(deleteAccount(user.id, staff))).code).toBe('not_found');
  });

  it('refuses the last admin unless forced', async () => {
    await createTenant({ slug: 'single', name: 'Single' });
    const user = await person('only@single.test', { tenantSlug: 'single', role: 'admin' });
    expect(await problemOf(deleteAccount(user.id, null))).toMatchObject({ code: 'conflict' });
    await deleteAccount(user.id, null, { force: true });
    expect(await findPerson(user.id)).toBeUndefined();
  });
});

describe('nobody', () => {
  it('changes the own account this way', async () => {
    for (const verb of [disableAccount, enableAccount, deleteAccount, resetTwoFactor, endSessions])
      expect((await problemOf(verb(staff.id, staff))).code).toBe('forbidden');
    expect((await problemOf(disableAccount('no id', staff))).code).toBe('not_found');
  });
});

describe('the admin of a workspace', () => {
  it('resets the two-step sign-in of a member, with the own password', async () => {
    const user = await person('lost@summit.test', { tenantSlug: 'summit' });
    const { browser } = await enrol('lost@summit.test');
    const access = await adminOf('summit', 'boss@summit.test');
    const wrong = { userId: user.id, password: 'not my password' };
    expect((await problemOf(resetMemberTwoFactor(access, wrong))).details).toHaveProperty(
      'fields.password',
    );
    expect(await browser.session()).not.toBeNull();
    await resetMemberTwoFactor(access, { userId: user.id, password });
    expect(await browser.session()).toBeNull();
    expect((await browser.signIn('lost@summit.test')).needsCode).toBe(false);
    await endMemberSessions(access, { userId: user.id, password });
    expect(await browser.session()).toBeNull();
    expect(await events('two_factor.reset')).toHaveLength(1);
    expect(await events('session.ended_by_admin')).toHaveLength(1);
  });

  it('does not reach accounts that are used elsewhere, nor strangers, nor the own', async () => {
    const access = await adminOf('summit', 'boss@summit.test');
    const both = await person('both@summit.test', { tenantSlug: 'summit' });
    const harbor = await person('boss@harbor.test', { tenantSlug: 'harbor', role: 'admin' });
    await database.query(
      `insert into memberships (id, tenant_id, user_id, role)
       select new_id(), tenant_id, $2, 'viewer' from memberships where user_id = $1`,
      [harbor.id, both.id],
    );
    const helper = await person('helper@tributary.test', {
      tenantSlug: 'summit',
      staff: ['harbor'],
    });
    const browsers = await Promise.all(
      ['both@summit.test', 'helper@tributary.test', 'boss@harbor.test'].map(enrol),
    );
    for (const verb of [resetMemberTwoFactor, endMemberSessions]) {
      const codeFor = async (userId: string) =>
        (await problemOf(verb(access, { userId, password }))).code;
      expect(await codeFor(both.id), 'a member of another workspace').toBe('forbidden');
      expect(await codeFor(helper.id), 'staff').toBe('forbidden');
      expect(await codeFor(harbor.id), 'no member at all').toBe('not_found');
      expect(await codeFor(access.user.id), 'the admin').toBe('forbidden');
    }
    const refusal = await problemOf(resetMemberTwoFactor(access, { userId: both.id, password }));
    expect(refusal.message).toContain('Ask the agency');
    for (const { browser } of browsers)
      expect((await browser.signedIn()).user.twoFactorEnabled).toBe(true);
  });
});

describe('the list of people', () => {
  it('finds by name and address, page by page, and names places and states', async () => {
    await Promise.all(
      Array.from({ length: 60 }, (_, index) =>
        database.query(`insert into users (name, email) values ($1, $2)`, [
          `Row ${index}`,
          `row-${String(index).padStart(2, '0')}@many.test`,
        ]),
      ),
    );
    const first = await listPeople({ search: '@many.test' });
    expect([first.people.length, first.total, first.next]).toEqual([50, 60, 'row-49@many.test']);
    const rest = await listPeople({ search: '@many.test', after: first.next ?? '' });
    expect([rest.people.length, rest.next]).toEqual([10, null]);
    expect((await listPeople({ search: '%' })).total, 'a sign is a sign').toBe(0);
    const { people } = await listPeople({ search: 'both@' });
    expect(people[0]).toMatchObject({
      workspaces: [
        { slug: 'harbor', role: 'viewer' },
        { slug: 'summit', role: 'viewer' },
      ],
      staffOf: [],
      twoFactorEnabled: true,
    });
    expect(people[0]?.lastSignInAt).toBeInstanceOf(Date);
    expect(await findPerson(staff.id)).toMatchObject({ staffOf: 'all' });
  });
});
