import { getLeadList, leadListResponse, leadListQuery } from '#lib/http-api/lead-list.ts';
import { toJsonResponse, parseQuery } from '#lib/http-api/codec.ts';
import { apiRoute } from '../../../middleware/guard.ts';
import { rejectOtherMethods } from '../../../middleware/methods.ts';

export const GET = apiRoute('viewer', async ({ url }, access) => {
  const query = parseQuery(leadListQuery, url.searchParams);
  return toJsonResponse(leadListResponse, await getLeadList(access, query));
});
export const HEAD = GET;
export const ALL = rejectOtherMethods('GET', 'HEAD');
