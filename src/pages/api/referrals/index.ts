import { getReferralList, referralsResponse, referralsQuery } from '#lib/http-api/referrals.ts';
import { toJsonResponse, parseQuery } from '#lib/http-api/codec.ts';
import { apiRoute } from '../../../middleware/guard.ts';
import { rejectOtherMethods } from '../../../middleware/methods.ts';

export const GET = apiRoute('viewer', async ({ url }, access) => {
  const query = parseQuery(referralsQuery, url.searchParams);
  return toJsonResponse(referralsResponse, await getReferralList(access, query));
});
export const HEAD = GET;
export const ALL = rejectOtherMethods('GET', 'HEAD');
