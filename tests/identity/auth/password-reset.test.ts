import { beforeAll, describe, expect, it } from 'vitest';
import {
  isResetTokenValid,
  requestPasswordReset,
  resetPassword,
} from '#lib/identity/auth/password-reset.ts';
import { createUser } from '#lib/identity/auth/users.ts';
import { useDatabase } from '../../helpers/database.ts';
import { linkIn, useMailbox } from './mailbox.ts';
import { Browser, password, problemOf, tokenOf } from './people.ts';

const database = useDatabase();
const mailbox = useMailbox();
const fresh = 'a brand new secret';

beforeAll(async () => {
  await createUser({ email: 'ada@example.test', name: 'Ada', password });
});

async function requestLink(email: string): Promise<string> {
  const count = (): number => mailbox.countOf(email, /new password/);
  const before = count();
  await requestPasswordReset({ email }, new Browser().client);
  while (count() === before) await new Promise((resolve) => setTimeout(resolve, 20));
  return linkIn(await mailbox.newest(email, /new password/));
}

describe('a forgotten password', () => {
  it('is set anew with a link by mail, which ends every session and works once', async () => {
    const [laptop, reader] = [new Browser(), new Browser()];
    await laptop.signIn('ada@example.test');
    const older = tokenOf(await requestLink('ada@example.test'));
    const link = await requestLink(' ADA@example.test'.trim().toLowerCase());
    expect(link).toMatch(/^http:\/\/localhost:4321\/reset-password\?token=/);
    const token = tokenOf(link);
    expect(await isResetTokenValid(token, reader.client)).toBe(true);
    expect(
      (await problemOf(resetPassword({ token, password: 'short' }, reader.client))).details,
    ).toHaveProperty('fields.password');
    expect(await resetPassword({ token, password: fresh }, reader.client)).toMatchObject({
      email: 'ada@example.test',
    });
    expect(await laptop.session()).toBeNull();
    expect((await problemOf(laptop.signIn('ada@example.test'))).code).toBe('unauthenticated');
    expect((await laptop.signIn('ada@example.test', fresh)).needsCode).toBe(false);
    for (const used of [token, older]) {
      expect(await isResetTokenValid(used, reader.client)).toBe(false);
      expect(
        (
          await problemOf(
            resetPassword({ token: used, password: 'yet another secret' }, reader.client),
          )
        ).details,
      ).toEqual({ invalidLink: true });
    }
  });

  it('takes a token once when two use it at the same moment', async () => {
    const token = tokenOf(await requestLink('ada@example.test'));
    const results = await Promise.allSettled(
      ['first of the secrets', 'second of the secrets'].map((secret) =>
        resetPassword({ token, password: secret }, new Browser().client),
      ),
    );
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  it('refuses a link after its time, and one that was made up', async () => {
    const token = tokenOf(await requestLink('ada@example.test'));
    const stored = await database.query('select identifier, value from verifications');
    expect(JSON.stringify(stored)).not.toContain(token);
    await database.query(`update verifications set expires_at = now() - interval '1 second'`);
    for (const bad of [token, 'made-up', 'x'.repeat(5000)]) {
      expect(
        (await problemOf(resetPassword({ token: bad, password: fresh }, new Browser().client)))
          .details,
        bad.slice(0, 20),
      ).toEqual({ invalidLink: true });
    }
  });

  it('answers an unknown address like a known one, and writes to nobody', async () => {
    await expect(
      requestPasswordReset({ email: 'nobody@example.test' }, new Browser().client),
    ).resolves.toBeUndefined();
    await requestLink('ada@example.test');
    expect(mailbox.countOf('nobody@example.test')).toBe(0);
  });

  it('cannot be asked for without end, known or not', async () => {
    for (const email of ['flood@example.test', 'ada@example.test']) {
      const codes = [];
      for (let turn = 0; turn < 8; turn += 1)
        codes.push(
          await requestPasswordReset({ email }, new Browser().client).then(
            () => 'sent',
            (error: { code: string }) => error.code,
          ),
        );
      expect(codes.at(-1), email).toBe('rate_limited');
    }
  });

  it('lets an account in again that waits because of wrong passwords', async () => {
    await createUser({ email: 'locked@example.test', password });
    await problemOf(new Browser().signIn('locked@example.test', 'wrong password!'));
    await database.query(
      `update rate_limits set count = 100 where key = 'sign-in:account:locked@example.test'`,
    );
    expect((await problemOf(new Browser().signIn('locked@example.test'))).code).toBe(
      'rate_limited',
    );
    await resetPassword(
      { token: tokenOf(await requestLink('locked@example.test')), password: fresh },
      new Browser().client,
    );
    expect((await new Browser().signIn('locked@example.test', fresh)).needsCode).toBe(false);
  });

  it('is how an account that an operator made without a password begins', async () => {
    const { setPasswordUrl = '' } = await createUser({ email: 'fresh@example.test' });
    await resetPassword({ token: tokenOf(setPasswordUrl), password: fresh }, new Browser().client);
    expect((await new Browser().signIn('fresh@example.test', fresh)).needsCode).toBe(false);
  });
});
