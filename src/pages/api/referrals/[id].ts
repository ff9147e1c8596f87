import {
  referralAnswer,
  referralChangeBody,
  referralChangedAnswer,
  referralQuery,
} from '#lib/http-api/referrals.ts';
import { answer, parseBody, parseQuery } from '#lib/http-api/wire.ts';
import { referralView } from '#lib/views/referrals.ts';
import { updateReferral } from '#lib/outbound/actions/referral.ts';
import { apiRoute } from '../../../middleware/guard.ts';
import { onlyMethods } from '../../../middleware/methods.ts';

export const GET = apiRoute('viewer', async ({ url, params }, access) => {
  parseQuery(referralQuery, url.searchParams);
  return answer(referralAnswer, await referralView(access, params['id'] ?? ''));
});
export const POST = apiRoute('member', async ({ url, params, request }, access) => {
  parseQuery(referralQuery, url.searchParams);
  const wanted = await parseBody(referralChangeBody, request);
  return answer(
    referralChangedAnswer,
    await updateReferral(access.tenant.id, params['id'] ?? '', wanted, access.user.id),
  );
});
export const HEAD = GET;
export const ALL = onlyMethods('GET', 'HEAD', 'POST');
