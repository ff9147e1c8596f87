import { beforeAll, describe, expect, it } from 'vitest';
import type { Access } from '#lib/identity/auth/access.ts';
import { disableAccount } from '#lib/identity/auth/administration.ts';
import { hasSecondFactor } from '#lib/identity/auth/second-factor.ts';
import { saveOptions } from '#lib/identity/sso/settings.ts';
import { useDatabase } from '../../helpers/database.ts';
import { Browser, problemOf } from '../auth/people.ts';
import { useIdentityProvider } from './identity-provider.ts';
import { addMember, createSsoWorkspace, plain, signInBySso } from './workspace.ts';

const db = useDatabase();
const idp = useIdentityProvider();
let acme: Access;
const email = 'ann@acme.test';
const says = { claims: { sub: 'ann', email } };

beforeAll(async () => {
  acme = await createSsoWorkspace('acme', idp);
  await addMember(email, 'acme');
});

describe('single sign-on as a second factor', () => {
  it('counts only while staff vouch for the provider, whatever the account has set up', async () => {
    const signedIn = await (await signInBySso(idp, email, says)).signedIn();
    expect(await hasSecondFactor(signedIn)).toBe(false);
    // Nobody was asked for a code of ours.
    await db.query('update users set two_factor_enabled = true where email = $1', [email]);
    const again = await (await signInBySso(idp, email, says)).signedIn();
    expect(again.user.twoFactorEnabled).toBe(true);
    expect(await hasSecondFactor(again)).toBe(false);
    await saveOptions(acme, { ...plain, secondFactor: true });
    expect(await hasSecondFactor(again)).toBe(true);
    await saveOptions(acme, plain);
    expect(await hasSecondFactor(again)).toBe(false);
  });

  it('does not open a disabled account', async () => {
    const before = await signInBySso(idp, email, says);
    const { user } = await before.signedIn();
    const [row] = await db.query('select last_sign_in_at from users where id = $1', [user.id]);
    expect(row).toMatchObject({ last_sign_in_at: expect.any(Date) });
    await disableAccount(user.id, null);
    expect(await before.session()).toBeNull();
    const browser = new Browser();
    expect((await problemOf(signInBySso(idp, email, says, browser))).code).toBe('forbidden');
    expect(await browser.session()).toBeNull();
  });
});
