import {
  referralResponse,
  referralChangeBody,
  referralChangedResponse,
  referralQuery,
  toReferralChange,
} from '#lib/http-api/referrals.ts';
import { toJsonResponse, parseBody, parseQuery } from '#lib/http-api/codec.ts';
import { getReferralView } from '#lib/views/referrals.ts';
import { updateReferral } from '#lib/outbound/actions/referral.ts';
import { apiRoute } from '../../../middleware/guard.ts';
import { rejectOtherMethods } from '../../../middleware/methods.ts';

export const GET = apiRoute('viewer', async ({ url, params }, access) => {
  parseQuery(referralQuery, url.searchParams);
  return toJsonResponse(referralResponse, await getReferralView(access, params['id'] ?? ''));
});
export const POST = apiRoute('member', async ({ url, params, request }, access) => {
  parseQuery(referralQuery, url.searchParams);
  const { seen, ...wanted } = await parseBody(referralChangeBody, request);
  const change = { wanted, seen };
  const update = await updateReferral(access.tenant.id, params['id'] ?? '', change, access.user.id);
  return toJsonResponse(referralChangedResponse, toReferralChange(update));
});
export const HEAD = GET;
export const ALL = rejectOtherMethods('GET', 'HEAD', 'POST');
