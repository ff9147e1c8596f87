import { changeName, changePassword } from '#lib/identity/auth/account.ts';
import { revokeOtherSessions, revokeSession, type SignedIn } from '#lib/identity/auth/sessions.ts';
import {
  confirmTwoFactor,
  disableTwoFactor,
  renewBackupCodes,
  startTwoFactor,
  type Setup,
} from '#lib/identity/auth/two-factor.ts';
import { Problem } from '#lib/platform/errors.ts';
import { seeOther, type Fields } from './form.ts';

/** One of the forms of the account page, told apart by its button. */
export async function submitAccount(
  signedIn: SignedIn,
  client: Headers,
  fields: Fields,
): Promise<Response> {
  const { intent, name = '', password = '', newPassword = '', session = '' } = fields;
  switch (intent) {
    case 'name':
      await changeName({ name }, signedIn.user.id);
      return seeOther('/account?done=name');
    case 'password':
      return seeOther(
        '/account?done=password',
        await changePassword({ password, newPassword }, signedIn, client),
      );
    case 'revoke':
      await revokeSession(signedIn.user.id, session);
      return seeOther('/account?done=sessions#sessions');
    case 'revoke-others':
      await revokeOtherSessions(signedIn);
      return seeOther('/account?done=sessions#sessions');
    default:
      throw unknownIntent();
  }
}

/**
 * What the page of two-step sign-in shows next. Secrets and codes are shown in the answer itself,
 * never kept in a URL.
 */
export interface TwoFactorStep {
  cookies: Headers;
  setup?: Setup;
  backupCodes?: string[];
}

export async function submitTwoFactor(
  signedIn: SignedIn,
  client: Headers,
  fields: Fields,
): Promise<TwoFactorStep | Response> {
  const { intent, password = '', code = '' } = fields;
  switch (intent) {
    case 'start':
      return {
        setup: await startTwoFactor({ password }, signedIn, client),
        cookies: new Headers(),
      };
    case 'confirm':
      return confirmTwoFactor({ code }, signedIn, client);
    case 'renew':
      return {
        backupCodes: await renewBackupCodes({ password }, signedIn, client),
        cookies: new Headers(),
      };
    case 'disable':
      return seeOther('/account', await disableTwoFactor({ password }, signedIn, client));
    default:
      throw unknownIntent();
  }
}

const unknownIntent = (): Problem =>
  new Problem('bad_request', 'This form does not belong to this page. Open the page again.');
