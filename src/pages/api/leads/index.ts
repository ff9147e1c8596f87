import { leadList, leadListAnswer, leadListQuery } from '#lib/http-api/lead-list.ts';
import { answer, parseQuery } from '#lib/http-api/wire.ts';
import { apiRoute } from '../../../middleware/guard.ts';
import { onlyMethods } from '../../../middleware/methods.ts';

export const GET = apiRoute('viewer', async ({ url }, access) => {
  const query = parseQuery(leadListQuery, url.searchParams);
  return answer(leadListAnswer, await leadList(access, query));
});
export const HEAD = GET;
export const ALL = onlyMethods('GET', 'HEAD');
