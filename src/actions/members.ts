import { z } from 'zod';
import type { Access } from '#lib/identity/auth/access.ts';
import { inviteUser, resendInvitation, revokeInvitation } from '#lib/identity/auth/invitations.ts';
import { endMemberSessions, resetMemberTwoFactor } from '#lib/identity/auth/member-security.ts';
import { changeRole, removeMember } from '#lib/identity/auth/members.ts';
import type { SignedIn } from '#lib/identity/auth/sessions.ts';
import { setTwoFactorDemand } from '#lib/identity/auth/two-factor-demand.ts';
import { requireRole } from '../middleware/guard.ts';
import { action, buttonOf, byButton, guarded, text, type Action } from './action.ts';
import { redirectAfterPost, type Fields } from './form.ts';

/** The notices of the page, by button. */
export const memberNotices: Record<string, string> = {
  invite: 'The invitation has been sent. The link works for seven days.',
  resend: 'A new link has been sent; the old one no longer works.',
  revoke: 'The invitation has been withdrawn.',
  role: 'The role has been changed.',
  remove: 'The member has been removed.',
  'end-sessions': 'The member has been signed out on all devices.',
  'reset-two-factor':
    'Two-step sign-in of the member has been reset. They can set it up again after signing in.',
  'demand-on': 'From now on only people with two-step sign-in can enter this workspace.',
  'demand-off': 'People can enter this workspace without two-step sign-in again.',
};

const inviteForm = z.object({ email: text, role: text });
const invitationForm = z.object({ invitation: text });
const roleForm = z.object({ userId: text, role: text });
const memberForm = z.object({ userId: text });
const securityForm = z.object({ userId: text, password: text });
const noFields = z.object({});

/** A person in a workspace: the access that `requireAccess` returned, and whose it is. */
interface Insider {
  access: Access;
  signedIn: SignedIn;
}

const change = guarded(
  ({ access }: Insider) => requireRole(access, 'admin'),
  byButton<Insider, unknown>({
    invite: onAccess(inviteForm, inviteUser),
    resend: onAccess(invitationForm, (access, { invitation }) =>
      resendInvitation(access, invitation),
    ),
    revoke: onAccess(invitationForm, (access, { invitation }) =>
      revokeInvitation(access, invitation),
    ),
    role: onAccess(roleForm, changeRole),
    remove: onAccess(memberForm, removeMember),
    'end-sessions': onAccess(securityForm, endMemberSessions),
    'reset-two-factor': onAccess(securityForm, resetMemberTwoFactor),
    'demand-on': action(noFields, ({ access, signedIn }) =>
      setTwoFactorDemand(access, signedIn, true),
    ),
    'demand-off': action(noFields, ({ access, signedIn }) =>
      setTwoFactorDemand(access, signedIn, false),
    ),
  }),
);

/** An action that only asks for the access. */
function onAccess<Input extends z.ZodType>(
  input: Input,
  handler: (access: Access, input: z.output<Input>) => Promise<unknown>,
): Action<Insider, unknown> {
  return action(input, ({ access }, fields) => handler(access, fields));
}

/** Handles the forms of the members page, selected by button. */
export async function submitMembers(insider: Insider, fields: Fields): Promise<Response> {
  await change(insider, fields);
  const { slug } = insider.access.tenant;
  return redirectAfterPost(`/w/${slug}/settings/members?done=${buttonOf(fields)}`);
}
