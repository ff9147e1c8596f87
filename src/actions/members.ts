import type { Access } from '#lib/identity/auth/access.ts';
import { inviteUser, resendInvitation, revokeInvitation } from '#lib/identity/auth/invitations.ts';
import { changeRole, removeMember } from '#lib/identity/auth/members.ts';
import { Problem } from '#lib/platform/errors.ts';
import { seeOther, type Fields } from './form.ts';

/** What the page says after each thing that was done. */
export const memberNotices: Record<string, string> = {
  invite: 'The invitation is on its way. The link works for seven days.',
  resend: 'A new link is on its way; the old one has stopped working.',
  revoke: 'The invitation is withdrawn.',
  role: 'The role is changed.',
  remove: 'The member is removed.',
};

const verbs: Record<string, (access: Access, fields: Fields) => Promise<unknown>> = {
  invite: (access, { email = '', role = '' }) => inviteUser(access, { email, role }),
  resend: (access, { invitation = '' }) => resendInvitation(access, invitation),
  revoke: (access, { invitation = '' }) => revokeInvitation(access, invitation),
  role: (access, { userId = '', role = '' }) => changeRole(access, { userId, role }),
  remove: (access, { userId = '' }) => removeMember(access, { userId }),
};

/** One of the forms of the members page, told apart by its button. */
export async function submitMembers(access: Access, fields: Fields): Promise<Response> {
  const intent = fields['intent'] ?? '';
  const verb = Object.hasOwn(verbs, intent) ? verbs[intent] : undefined;
  if (verb === undefined)
    throw new Problem(
      'bad_request',
      'This form does not belong to this page. Open the page again.',
    );
  await verb(access, fields);
  return seeOther(`/w/${access.tenant.slug}/settings/members?done=${intent}`);
}
