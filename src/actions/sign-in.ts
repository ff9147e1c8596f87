import { z } from 'zod';
import { withNext } from '#lib/identity/auth/next-path.ts';
import { requestPasswordReset, resetPassword } from '#lib/identity/auth/password-reset.ts';
import { signIn, verifyCode } from '#lib/identity/auth/sign-in.ts';
import { startSso, type SsoStart } from '#lib/identity/sso/start.ts';
import { action, buttonOf, text, type Action } from './action.ts';
import { redirectAfterPost } from './form.ts';

/*
 * The forms for users who are not signed in. They need no guard: each function requires a password,
 * a code or the token of a link, and has a rate limit.
 */

/** A browser that continues to `next`, one of our paths, after signing in. */
interface Visitor {
  client: Headers;
  next: string;
}

const credentialsForm = z.object({ email: text, password: text });

const signInByPassword = action(credentialsForm, async ({ client, next }: Visitor, input) => {
  const { needsCode, cookies } = await signIn(input, client);
  return redirectAfterPost(needsCode ? withNext('/two-factor', next) : next, cookies);
});

const emailForm = z.object({ email: text });

const signInAtProvider = action(emailForm, (visitor: Visitor, input) => startSso(input, visitor));

/**
 * Signs in with the password, or continues with the second step. The other button leads to the
 * identity provider of the address; the page sends the browser there, because the content security
 * policy lets no form end at another site.
 */
export const submitSignIn: Action<Visitor, Response | SsoStart> = (visitor, fields) =>
  buttonOf(fields) === 'sso'
    ? signInAtProvider(visitor, fields)
    : signInByPassword(visitor, fields);

const codeForm = z.object({ code: text });

/** Completes the second step with a code of the authenticator app, or a backup code. */
export const submitCode = action(
  codeForm,
  async ({ client, next, kind }: Visitor & { kind: 'totp' | 'backup' }, { code }) => {
    const { cookies } = await verifyCode({ kind, code }, client);
    return redirectAfterPost(next, cookies);
  },
);

/** Requests a link to set a new password. */
export const submitForgottenPassword = action(emailForm, async (client: Headers, input) => {
  await requestPasswordReset(input, client);
  return redirectAfterPost('/forgot-password?done=sent');
});

const passwordForm = z.object({ password: text });

/** Sets a new password with the token of a link. */
export const submitNewPassword = action(
  passwordForm,
  async ({ client, token }: { client: Headers; token: string }, { password }) => {
    const { cookies } = await resetPassword({ token, password }, client);
    return redirectAfterPost('/sign-in?done=password', cookies);
  },
);
