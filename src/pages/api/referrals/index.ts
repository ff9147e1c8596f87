import { referralList, referralsAnswer, referralsQuery } from '#lib/http-api/referrals.ts';
import { answer, parseQuery } from '#lib/http-api/wire.ts';
import { apiRoute } from '../../../middleware/guard.ts';
import { onlyMethods } from '../../../middleware/methods.ts';

export const GET = apiRoute('viewer', async ({ url }, access) => {
  const query = parseQuery(referralsQuery, url.searchParams);
  return answer(referralsAnswer, await referralList(access, query));
});
export const HEAD = GET;
export const ALL = onlyMethods('GET', 'HEAD');
