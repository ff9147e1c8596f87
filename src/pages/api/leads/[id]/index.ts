import { leadResponse, leadQuery } from '#lib/http-api/lead-list.ts';
import { toJsonResponse, parseQuery } from '#lib/http-api/codec.ts';
import { getLeadView } from '#lib/views/lead.ts';
import { apiRoute } from '../../../../middleware/guard.ts';
import { rejectOtherMethods } from '../../../../middleware/methods.ts';

export const GET = apiRoute('viewer', async ({ url, params }, access) => {
  parseQuery(leadQuery, url.searchParams);
  return toJsonResponse(leadResponse, await getLeadView(access, params['id'] ?? ''));
});
export const HEAD = GET;
export const ALL = rejectOtherMethods('GET', 'HEAD');
