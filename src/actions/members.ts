import { z } from 'zod';
import type { Access } from '#lib/identity/auth/access.ts';
import { inviteUser, resendInvitation, revokeInvitation } from '#lib/identity/auth/invitations.ts';
import { changeRole, removeMember } from '#lib/identity/auth/members.ts';
import { action, atLeast, buttonOf, byButton, guarded, text } from './action.ts';
import { redirectAfterPost, type Fields } from './form.ts';

/** The notices of the page, by button. */
export const memberNotices: Record<string, string> = {
  invite: 'The invitation has been sent. The link works for seven days.',
  resend: 'A new link has been sent; the old one no longer works.',
  revoke: 'The invitation has been withdrawn.',
  role: 'The role has been changed.',
  remove: 'The member has been removed.',
};

const inviteForm = z.object({ email: text, role: text });
const invitationForm = z.object({ invitation: text });
const roleForm = z.object({ userId: text, role: text });
const memberForm = z.object({ userId: text });

const change = guarded(
  atLeast('admin'),
  byButton<Access, unknown>({
    invite: action(inviteForm, inviteUser),
    resend: action(invitationForm, (access, { invitation }) =>
      resendInvitation(access, invitation),
    ),
    revoke: action(invitationForm, (access, { invitation }) =>
      revokeInvitation(access, invitation),
    ),
    role: action(roleForm, changeRole),
    remove: action(memberForm, removeMember),
  }),
);

/** Handles the forms of the members page, selected by button. */
export async function submitMembers(access: Access, fields: Fields): Promise<Response> {
  await change(access, fields);
  return redirectAfterPost(`/w/${access.tenant.slug}/settings/members?done=${buttonOf(fields)}`);
}
