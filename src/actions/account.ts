import { z } from 'zod';
import { changeName, changePassword, confirmPassword } from '#lib/identity/auth/account.ts';
import { revokeOtherSessions, revokeSession, type SignedIn } from '#lib/identity/auth/sessions.ts';
import {
  confirmTwoFactor,
  disableTwoFactor,
  renewBackupCodes,
  startTwoFactor,
  type TwoFactorSetup,
} from '#lib/identity/auth/two-factor.ts';
import { action, byButton, text } from './action.ts';
import { redirectAfterPost } from './form.ts';

/** The signed-in user, as `requireUser` returned it, and the headers of the browser. */
interface Owner {
  signedIn: SignedIn;
  client: Headers;
}

/** The notices of the account page, by form. */
export const accountNotices: Record<string, string> = {
  password: 'Your password has been changed. All other devices have been signed out.',
  name: 'Your name has been changed.',
  sessions: 'The device has been signed out.',
  'two-factor': 'Two-step sign-in has been turned off.',
};

const nameForm = z.object({ name: text });
const passwordForm = z.object({ password: text, newPassword: text });
const sessionForm = z.object({ session: text, password: text });
const confirmedForm = z.object({ password: text });

/** Handles the forms of the account page, selected by button. */
export const submitAccount = byButton<Owner, Response>({
  name: action(nameForm, async ({ signedIn }, input) => {
    await changeName(input, signedIn.user.id);
    return redirectAfterPost('/account?done=name');
  }),
  password: action(passwordForm, async ({ signedIn, client }, input) =>
    redirectAfterPost('/account?done=password', await changePassword(input, signedIn, client)),
  ),
  revoke: action(sessionForm, async ({ signedIn }, { session, password }) => {
    await confirmPassword(signedIn.user.id, password);
    await revokeSession(signedIn, session);
    return redirectAfterPost('/account?done=sessions#sessions');
  }),
  'revoke-others': action(confirmedForm, async ({ signedIn }, { password }) => {
    await confirmPassword(signedIn.user.id, password);
    await revokeOtherSessions(signedIn);
    return redirectAfterPost('/account?done=sessions#sessions');
  }),
});

/**
 * The next step of two-step sign-in. Secrets and codes are shown in the response itself and never
 * put in a URL.
 */
export interface TwoFactorStep {
  cookies: Headers;
  setup?: TwoFactorSetup;
  backupCodes?: string[];
}

const changeForm = z.object({ password: text, code: text });
const codeForm = z.object({ code: text });

/** Handles the forms of the two-step sign-in page. */
export const submitTwoFactor = byButton<Owner, TwoFactorStep | Response>({
  start: action(confirmedForm, async ({ signedIn, client }, input) => ({
    setup: await startTwoFactor(input, signedIn, client),
    cookies: new Headers(),
  })),
  confirm: action(codeForm, ({ signedIn, client }, input) =>
    confirmTwoFactor(input, signedIn, client),
  ),
  renew: action(changeForm, async ({ signedIn, client }, input) => ({
    backupCodes: await renewBackupCodes(input, signedIn, client),
    cookies: new Headers(),
  })),
  disable: action(changeForm, async ({ signedIn, client }, input) =>
    redirectAfterPost('/account?done=two-factor', await disableTwoFactor(input, signedIn, client)),
  ),
});
