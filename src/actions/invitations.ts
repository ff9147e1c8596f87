import { z } from 'zod';
import {
  acceptInvitation,
  findInvitation,
  type OpenInvitation,
} from '#lib/identity/auth/accept-invitation.ts';
import { readNetwork } from '#lib/identity/auth/client.ts';
import { consumeLimit, tokenByAddress } from '#lib/identity/auth/limits.ts';
import { setActiveTenant } from '#lib/identity/auth/sessions.ts';
import { signIn } from '#lib/identity/auth/sign-in.ts';
import { parseFields, text } from './action.ts';
import { redirectAfterPost, type Fields } from './form.ts';

type Locals = Pick<App.Locals, 'client' | 'user' | 'session'>;

/**
 * Finds the invitation of a link. Only wrong tokens count for the rate limit, so that nobody shuts
 * out the others of an office.
 */
export async function openInvitation(
  { client }: Locals,
  token: string,
): Promise<OpenInvitation | undefined> {
  const invitation = await findInvitation(token);
  if (invitation === undefined)
    await consumeLimit(tokenByAddress, readNetwork(client), 'Too many attempts from your network.');
  return invitation;
}

/** Decides what the invitation page offers to the user who opened the link. */
export function getInvitationMode(
  invitation: OpenInvitation | undefined,
  user: Locals['user'],
): 'gone' | 'join' | 'other' | 'sign-in' | 'new' {
  if (invitation === undefined) return 'gone';
  if (user !== null) return user.email === invitation.email ? 'join' : 'other';
  return invitation.hasAccount ? 'sign-in' : 'new';
}

const newcomerForm = z.object({ name: text, password: text });

/** Accepts an invitation for the signed-in user, or creates an account and signs it in. */
export async function submitInvitation(
  { client, user, session }: Locals,
  token: string,
  fields: Fields,
): Promise<Response> {
  if (user !== null && session !== null) {
    const { tenant } = await acceptInvitation(token, { user });
    await setActiveTenant(session.id, tenant.id);
    return redirectAfterPost(`/w/${tenant.slug}/dashboard`);
  }
  const newcomer = parseFields(newcomerForm, fields);
  const { email, tenant } = await acceptInvitation(token, newcomer);
  const { cookies } = await signIn({ email, password: newcomer.password }, client);
  return redirectAfterPost(`/w/${tenant.slug}/dashboard`, cookies);
}
