import { z } from 'zod';
import { withNext } from '#lib/identity/auth/next-path.ts';
import { requestPasswordReset, resetPassword } from '#lib/identity/auth/password-reset.ts';
import { signIn, verifyCode } from '#lib/identity/auth/sign-in.ts';
import { action, text } from './action.ts';
import { redirectAfterPost } from './form.ts';

/*
 * The forms of people who are not signed in yet. Nobody is kept out by a guard: the verbs ask for a
 * password, a code or the token of a link, and limit how often somebody may try.
 */

/** A browser that wants to go on to `next`, a path of ours. */
interface Visitor {
  client: Headers;
  next: string;
}

const credentialsForm = z.object({ email: text, password: text });

/** Signs in, or goes on to the second step. */
export const submitSignIn = action(credentialsForm, async ({ client, next }: Visitor, input) => {
  const { needsCode, cookies } = await signIn(input, client);
  return redirectAfterPost(needsCode ? withNext('/two-factor', next) : next, cookies);
});

const codeForm = z.object({ code: text });

/** The second step: a code of the authenticator app, or a backup code. */
export const submitCode = action(
  codeForm,
  async ({ client, next, kind }: Visitor & { kind: 'totp' | 'backup' }, { code }) => {
    const { cookies } = await verifyCode({ kind, code }, client);
    return redirectAfterPost(next, cookies);
  },
);

const emailForm = z.object({ email: text });

/** Asks for a link to set a new password. */
export const submitForgottenPassword = action(emailForm, async (client: Headers, input) => {
  await requestPasswordReset(input, client);
  return redirectAfterPost('/forgot-password?done=sent');
});

const passwordForm = z.object({ password: text });

/** Sets a new password by the token of a link. */
export const submitNewPassword = action(
  passwordForm,
  async ({ client, token }: { client: Headers; token: string }, { password }) => {
    await resetPassword({ token, password }, client);
    return redirectAfterPost('/sign-in?done=password');
  },
);
