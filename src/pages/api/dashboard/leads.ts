import { leadsResponse, leadsQuery, getLeadTotals } from '#lib/http-api/leads.ts';
import { toJsonResponse, parseQuery } from '#lib/http-api/codec.ts';
import { apiRoute } from '../../../middleware/guard.ts';
import { rejectOtherMethods } from '../../../middleware/methods.ts';

export const GET = apiRoute('viewer', async ({ url }, access) => {
  const query = parseQuery(leadsQuery, url.searchParams);
  return toJsonResponse(leadsResponse, await getLeadTotals(access, query));
});
export const HEAD = GET;
export const ALL = rejectOtherMethods('GET', 'HEAD');
