import { describe, expect, it } from 'vitest';
import { verifyCode } from '#lib/identity/auth/sign-in.ts';
import {
  confirmTwoFactor,
  disableTwoFactor,
  renewBackupCodes,
  startTwoFactor,
} from '#lib/identity/auth/two-factor.ts';
import { createUser } from '#lib/identity/auth/users.ts';
import { useDatabase } from '../../helpers/database.ts';
import { Browser, password, problemOf, totp } from './people.ts';

const database = useDatabase();

/** Somebody with two-step sign-in, and a code that counts as new. */
async function enrol(email: string) {
  await createUser({ email, password });
  const browser = new Browser();
  await browser.signIn(email);
  const { key } = await startTwoFactor({ password }, await browser.signedIn(), browser.client);
  const confirmed = { code: totp(key) };
  const { cookies, backupCodes } = await confirmTwoFactor(
    confirmed,
    await browser.signedIn(),
    browser.client,
  );
  browser.keep(cookies);
  const nextCode = async (): Promise<string> => {
    await database.query(`delete from rate_limits where key like 'totp:code:%'`);
    return totp(key);
  };
  return { browser, backupCodes, nextCode, signedIn: await browser.signedIn() };
}

describe('a change of two-step sign-in', () => {
  it('takes the password and a code', async () => {
    const { browser, backupCodes, nextCode, signedIn } = await enrol('two@example.test');
    for (const change of [renewBackupCodes, disableTwoFactor]) {
      const fieldsOf = async (input: { password: string; code: string }) =>
        (await problemOf(change(input, signedIn, browser.client))).details;
      expect(await fieldsOf({ password: 'not my password', code: '123456' })).toHaveProperty(
        'fields.password',
      );
      for (const code of ['', '123456', 'aaaaa-bbbbb'])
        expect(await fieldsOf({ password, code }), code).toHaveProperty('fields.code');
    }
    const renewed = await renewBackupCodes(
      { password, code: await nextCode() },
      signedIn,
      browser.client,
    );
    expect(renewed.some((code) => backupCodes.includes(code))).toBe(false);
    const [code = '', another = ''] = renewed;
    const elsewhere = new Browser();
    await elsewhere.signIn('two@example.test');
    const second = { kind: 'backup', code: another };
    elsewhere.keep((await verifyCode(second, elsewhere.client)).cookies);
    browser.keep(await disableTwoFactor({ password, code }, signedIn, browser.client));
    expect((await browser.signedIn()).user.twoFactorEnabled).toBe(false);
    expect(await elsewhere.session()).toBeNull();
    expect((await new Browser().signIn('two@example.test')).needsCode).toBe(false);
  });

  it('takes a code once, and few wrong ones', async () => {
    const { browser, nextCode, signedIn } = await enrol('guesser@example.test');
    const renew = (code: string) => renewBackupCodes({ password, code }, signedIn, browser.client);
    const code = await nextCode();
    await renew(code);
    expect((await problemOf(renew(code))).code, 'the same code again').toBe('rate_limited');
    for (let turn = 0; turn < 9; turn += 1) await problemOf(renew(`aaaaa-bbbb${turn}`));
    const locked = await problemOf(renew(await nextCode()));
    expect(locked.message).toContain('too many wrong codes');
    expect((await browser.signedIn()).user.twoFactorEnabled).toBe(true);
  });
});
