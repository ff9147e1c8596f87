import { beforeAll, describe, expect, it } from 'vitest';
import { actAs } from '#lib/identity/audit/context.ts';
import { findAccess } from '#lib/identity/auth/access.ts';
import { changePassword } from '#lib/identity/auth/account.ts';
import {
  deleteAccount,
  disableAccount,
  resetTwoFactor,
} from '#lib/identity/auth/administration.ts';
import { changeRole, removeMember } from '#lib/identity/auth/members.ts';
import { createResetLink, resetPassword } from '#lib/identity/auth/password-reset.ts';
import { verifyCode } from '#lib/identity/auth/sign-in.ts';
import {
  confirmTwoFactor,
  disableTwoFactor,
  renewBackupCodes,
  startTwoFactor,
} from '#lib/identity/auth/two-factor.ts';
import { createUser, type NewUser, type User } from '#lib/identity/auth/users.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { resetConfig } from '../../../src/lib/platform/config.ts';
import { useDatabase } from '../../helpers/database.ts';
import { useMailbox } from './mailbox.ts';
import { Browser, password, tokenOf, totp } from './people.ts';

const database = useDatabase();
const mailbox = useMailbox();
const from = { address: '192.0.2.7' };

beforeAll(async () => {
  await createTenant({ slug: 'summit', name: 'Summit' });
  await person('boss@summit.test', { tenantSlug: 'summit', role: 'admin' });
});

async function person(email: string, more: Partial<NewUser> = {}): Promise<User> {
  return (await createUser({ email, password, ...more })).user;
}

/** The text of the mail with this subject, which the work causes. */
async function mailAbout(
  email: string,
  subject: string,
  work: () => Promise<unknown>,
  actor: Parameters<typeof actAs>[0],
): Promise<string> {
  await actAs(actor, work);
  return (await mailbox.newest(email, new RegExp(`^${subject}$`))).text ?? '';
}

const forgetCodes = () => database.query(`delete from rate_limits where key like 'totp:code:%'`);

describe('the owner of an account is told', () => {
  it('what was changed with it, when and from where, without a secret', async () => {
    const email = 'ada@summit.test';
    const { id } = await person(email);
    const own = { kind: 'user', id, label: email, ...from } as const;
    const browser = new Browser();
    await mailAbout(email, 'Sign-in with a new browser', () => browser.signIn(email), own);
    expect((await browser.signIn(email)).needsCode).toBe(false);
    let secret = 'another long sentence';
    const changed = await mailAbout(
      email,
      'Your password was changed',
      async () =>
        browser.keep(
          await changePassword(
            { password, newPassword: secret },
            await browser.signedIn(),
            browser.client,
          ),
        ),
      own,
    );
    expect(changed).toMatch(/This happened on \w+ \d+, \d{4} at .* UTC, from the address/);
    expect(changed).toContain('192.0.2.7');
    expect(changed).toContain('If it was not');
    expect(changed).not.toContain(secret);
    expect(changed.match(/https?:\S+/g)).toEqual([expect.stringMatching(/\/account$/)]);

    let key = '';
    let backup: string[] = [];
    const on = async () => {
      const signedIn = await browser.signedIn();
      ({ key } = await startTwoFactor({ password: secret }, signedIn, browser.client));
      const done = await confirmTwoFactor({ code: totp(key) }, signedIn, browser.client);
      browser.keep(done.cookies);
      backup = done.backupCodes;
    };
    await mailAbout(email, 'Two-step sign-in was turned on', on, own);
    expect(mailbox.countOf(email), 'none for a browser that is known').toBe(3);
    const use = async () => {
      const next = new Browser();
      await next.signIn(email, secret);
      await verifyCode({ kind: 'backup', code: backup[0] ?? '' }, next.client);
    };
    const used = await mailAbout(email, 'A backup code was used', use, {
      kind: 'anonymous',
      ...from,
    });
    expect(used).toContain('192.0.2.7');
    expect(used).not.toContain(backup[0]);
    await forgetCodes();
    const renew = async () => {
      const input = { password: secret, code: totp(key) };
      backup = await renewBackupCodes(input, await browser.signedIn(), browser.client);
    };
    await mailAbout(email, 'Your backup codes were replaced', renew, own);
    await forgetCodes();
    const off = async () =>
      disableTwoFactor(
        { password: secret, code: totp(key) },
        await browser.signedIn(),
        browser.client,
      );
    await mailAbout(email, 'Two-step sign-in was turned off', off, own);
    secret = 'a third long sentence';
    const token = tokenOf(await createResetLink(id, 600));
    const reset = () => resetPassword({ token, password: secret }, browser.client);
    const told = await mailAbout(email, 'Your password was reset', reset, {
      kind: 'anonymous',
      ...from,
    });
    expect(told).not.toContain(token);
  });

  it('what others did to it, by whom, and not from where', async () => {
    const email = 'bob@summit.test';
    const { id } = await person(email, { tenantSlug: 'summit' });
    const boss = new Browser();
    await boss.signIn('boss@summit.test');
    const { user } = await boss.signedIn();
    const access = await findAccess(user, 'summit');
    if (access === undefined) throw new Error('No access');
    const by = { kind: 'user', id: user.id, label: user.email, ...from } as const;
    const role = await mailAbout(
      email,
      'Your role in Summit was changed',
      () => changeRole(access, { userId: id, role: 'member' }),
      by,
    );
    expect(role).toContain('is now member');
    expect(role).toContain('by boss@summit.test');
    expect(role).not.toContain('192.0.2.7');
    await mailAbout(
      email,
      'You were removed from Summit',
      () => removeMember(access, { userId: id }),
      by,
    );

    await database.query('update users set two_factor_enabled = true where id = $1', [id]);
    const operator = { kind: 'operator', label: 'root' } as const;
    const again = await mailAbout(
      email,
      'Two-step sign-in was reset',
      () => resetTwoFactor(id, null),
      operator,
    );
    expect(again).toContain('by an operator of the server');
    await mailAbout(email, 'Your account was disabled', () => disableAccount(id, null), operator);
    await mailAbout(email, 'Your account was deleted', () => deleteAccount(id, null), operator);
  });

  it('and the change stays when the mail fails', async () => {
    const { id } = await person('unreachable@summit.test');
    const { SMTP_URL } = process.env;
    process.env['SMTP_URL'] = 'smtp://127.0.0.1:9';
    resetConfig();
    await disableAccount(id, null);
    process.env['SMTP_URL'] = SMTP_URL;
    resetConfig();
    expect(
      await database.query('select 1 from users where id = $1 and disabled_at is not null', [id]),
    ).toHaveLength(1);
  });
});
