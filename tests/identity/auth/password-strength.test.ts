import { describe, expect, it } from 'vitest';
import { requireStrongPassword } from '#lib/identity/auth/password-strength.ts';
import { createResetLink, resetPassword } from '#lib/identity/auth/password-reset.ts';
import { createUser } from '#lib/identity/auth/users.ts';
import { useDatabase } from '../../helpers/database.ts';
import { Browser, password, problemOf, tokenOf } from './people.ts';

useDatabase();
const words = ['ada.lovelace@summit.test', 'Ada Lovelace', 'Summit Kitchens'];
const refusal = async (secret: string) =>
  problemOf(requireStrongPassword('password', secret, words));

describe('a new password', () => {
  it.each([
    ['password1234', 'most common passwords'],
    ['P@ssw0rd1234', 'most common passwords'],
    ['aaaaaaaaaaaa', 'follows a pattern'],
    ['abcdefghijkl', 'follows a pattern'],
    ['AdaLovelace1', 'made of your name'],
    ['tributary2026', 'made of your name'],
    ['lovelace summit', 'made of your name'],
  ])('that is easy to guess is refused with the reason: %s', async (secret, reason) => {
    const problem = await refusal(secret);
    expect([problem.code, problem.message]).toEqual([
      'bad_request',
      expect.stringContaining(reason),
    ]);
    expect(problem.message).not.toContain(secret);
    expect(problem.details).toHaveProperty('fields.password');
  });

  it.each(['correct horse battery', 'gfT4-mmq9-Lw2z', 'zwölf bunte Regenschirme'])(
    'that is hard to guess is taken: %s',
    async (secret) => {
      await expect(requireStrongPassword('password', secret, words)).resolves.toBeUndefined();
    },
  );

  it('that is refused leaves the link for setting it as good as it was', async () => {
    const { user } = await createUser({ email: 'ada@summit.test', name: 'Ada', password });
    const token = tokenOf(await createResetLink(user.id, 60));
    const { client } = new Browser();
    const weak = { token, password: 'ada@summit.test' };
    expect((await problemOf(resetPassword(weak, client))).details).toHaveProperty(
      'fields.password',
    );
    expect(await resetPassword({ token, password: 'a brand new secret' }, client)).toMatchObject({
      email: 'ada@summit.test',
    });
  });
});
