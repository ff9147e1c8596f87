import { z } from 'zod';
import { confirmPassword } from '#lib/identity/auth/account.ts';
import {
  deleteAccount,
  disableAccount,
  enableAccount,
  endSessions,
  resetTwoFactor,
  type Administrator,
} from '#lib/identity/auth/administration.ts';
import type { SignedIn } from '#lib/identity/auth/sessions.ts';
import { action, byButton, text, type Action } from './action.ts';
import { redirectAfterPost } from './form.ts';

/** The notices of the pages, by button. */
export const personNotices: Record<string, string> = {
  disable: 'The account has been disabled. Nobody can sign in with it.',
  enable: 'The account has been enabled again.',
  delete: 'The account has been deleted.',
  'reset-two-factor':
    'Two-step sign-in has been reset. The person can set it up again after signing in.',
  'end-sessions': 'The person has been signed out on all devices.',
};

/** Staff of every workspace, as `requireStaff` returned them, and the account of the page. */
interface StaffAndPerson {
  staff: SignedIn;
  id: string;
}

const confirmedForm = z.object({ password: text });

/** Handles the forms about one account, selected by button. Each takes the password of the staff. */
export const submitPerson = byButton<StaffAndPerson, Response>({
  disable: confirmed('disable', disableAccount),
  enable: confirmed('enable', enableAccount),
  delete: confirmed('delete', deleteAccount),
  'reset-two-factor': confirmed('reset-two-factor', resetTwoFactor),
  'end-sessions': confirmed('end-sessions', endSessions),
});

function confirmed(
  button: string,
  verb: (userId: string, by: Administrator) => Promise<void>,
): Action<StaffAndPerson, Response> {
  return action(confirmedForm, async ({ staff, id }, { password }) => {
    await confirmPassword(staff.user.id, password);
    await verb(id, staff.user);
    const page = button === 'delete' ? '/people' : `/people/${encodeURIComponent(id)}`;
    return redirectAfterPost(`${page}?done=${button}`);
  });
}
