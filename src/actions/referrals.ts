import { z } from 'zod';
import type { Access } from '#lib/identity/auth/access.ts';
import { updateReferral } from '#lib/outbound/actions/referral.ts';
import { requireRole } from '../middleware/guard.ts';
import { parseFields, text } from './action.ts';
import { redirectAfterPost, type Fields } from './form.ts';

/** The notices of the page. */
export const referralNotices: Record<string, string> = {
  changed: 'Partner Center has accepted the change. A sync has been started to update all pages.',
};

/** `state` is status and substatus, separated by a slash. */
const stateForm = z
  .object({
    state: text.pipe(z.string().regex(/^[^/]+\/[^/]/, 'Choose a new status for the referral.')),
  })
  .transform(({ state }) => {
    const [status = '', substatus = ''] = state.split('/');
    return { status, substatus };
  });

/** Handles the form of a referral. The redirect keeps the query of the list. */
export async function submitReferral(
  access: Access,
  id: string,
  url: URL,
  fields: Fields,
): Promise<Response> {
  requireRole(access, 'member', 'Viewers cannot change referrals. Ask a member of this workspace.');
  await updateReferral(access.tenant.id, id, parseFields(stateForm, fields), access.user.id);
  const query = new URLSearchParams(url.search);
  query.set('done', 'changed');
  return redirectAfterPost(`${url.pathname}?${query}`);
}
