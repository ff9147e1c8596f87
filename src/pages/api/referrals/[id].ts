import { referralAnswer, referralQuery } from '#lib/api/referrals.ts';
import { answer, parseQuery } from '#lib/api/wire.ts';
import { referralView } from '#lib/views/referrals.ts';
import { apiRoute } from '../../../middleware/guard.ts';
import { onlyMethods } from '../../../middleware/methods.ts';

export const GET = apiRoute('viewer', async ({ url, params }, access) => {
  parseQuery(referralQuery, url.searchParams);
  return answer(referralAnswer, await referralView(access, params['id'] ?? ''));
});
export const HEAD = GET;
export const ALL = onlyMethods('GET', 'HEAD');
