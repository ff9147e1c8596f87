import { z } from 'zod';
import { changeName, changePassword } from '#lib/identity/auth/account.ts';
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

/** Whose account it is, as `requireUser` found out, and the browser that asks. */
interface Owner {
  signedIn: SignedIn;
  client: Headers;
}

/** What the account page says after each form. */
export const accountNotices: Record<string, string> = {
  password: 'Your password has been changed. All other devices have been signed out.',
  name: 'Your name has been changed.',
  sessions: 'The device has been signed out.',
};

const nameForm = z.object({ name: text });
const passwordForm = z.object({ password: text, newPassword: text });
const sessionForm = z.object({ session: text });
const noFields = z.object({});

/** One of the forms of the account page, told apart by its button. */
export const submitAccount = byButton<Owner, Response>({
  name: action(nameForm, async ({ signedIn }, input) => {
    await changeName(input, signedIn.user.id);
    return redirectAfterPost('/account?done=name');
  }),
  password: action(passwordForm, async ({ signedIn, client }, input) =>
    redirectAfterPost('/account?done=password', await changePassword(input, signedIn, client)),
  ),
  revoke: action(sessionForm, async ({ signedIn }, { session }) => {
    await revokeSession(signedIn.user.id, session);
    return redirectAfterPost('/account?done=sessions#sessions');
  }),
  'revoke-others': action(noFields, async ({ signedIn }) => {
    await revokeOtherSessions(signedIn);
    return redirectAfterPost('/account?done=sessions#sessions');
  }),
});

/**
 * What the page of two-step sign-in shows next. Secrets and codes are shown in the answer itself,
 * never kept in a URL.
 */
export interface TwoFactorStep {
  cookies: Headers;
  setup?: TwoFactorSetup;
  backupCodes?: string[];
}

const confirmedForm = z.object({ password: text });
const codeForm = z.object({ code: text });

/** One of the forms of the page of two-step sign-in. */
export const submitTwoFactor = byButton<Owner, TwoFactorStep | Response>({
  start: action(confirmedForm, async ({ signedIn, client }, input) => ({
    setup: await startTwoFactor(input, signedIn, client),
    cookies: new Headers(),
  })),
  confirm: action(codeForm, ({ signedIn, client }, input) =>
    confirmTwoFactor(input, signedIn, client),
  ),
  renew: action(confirmedForm, async ({ signedIn, client }, input) => ({
    backupCodes: await renewBackupCodes(input, signedIn, client),
    cookies: new Headers(),
  })),
  disable: action(confirmedForm, async ({ signedIn, client }, input) =>
    redirectAfterPost('/account', await disableTwoFactor(input, signedIn, client)),
  ),
});
