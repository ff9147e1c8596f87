import { hasRole, type Access } from '#lib/identity/auth/access.ts';
import { Problem } from '#lib/platform/errors.ts';
import { updateReferral } from '#lib/outbound/actions/referral.ts';
import { seeOther, type Fields } from './form.ts';

/** What the page says after a change. */
export const referralNotices: Record<string, string> = {
  changed: 'Partner Center has taken the change. A sync that shows it everywhere is on its way.',
};

/**
 * The form of a referral's page: `state` is status and sub-status with a slash between. The way
 * back keeps the list's query.
 */
export async function submitReferral(
  access: Access,
  id: string,
  url: URL,
  { state = '' }: Fields,
): Promise<Response> {
  if (!hasRole(access, 'member'))
    throw new Problem(
      'forbidden',
      'Viewers cannot change referrals. Ask a member of this workspace.',
    );
  const [status = '', substatus = ''] = state.split('/');
  if (status === '' || substatus === '')
    throw new Problem('bad_request', 'Choose what the referral is to become.');
  await updateReferral(access.tenant.id, id, { status, substatus }, access.user.id);
  const query = new URLSearchParams(url.search);
  query.set('done', 'changed');
  return seeOther(`${url.pathname}?${query}`);
}
