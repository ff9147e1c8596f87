import { syncQuery, syncStatusResponse } from '#lib/http-api/sync.ts';
import { toJsonResponse, parseQuery } from '#lib/http-api/codec.ts';
import { getFreshnessView } from '#lib/views/freshness.ts';
import { apiRoute } from '../../../middleware/guard.ts';
import { rejectOtherMethods } from '../../../middleware/methods.ts';

export const GET = apiRoute('viewer', async ({ url }, access) => {
  parseQuery(syncQuery, url.searchParams);
  return toJsonResponse(syncStatusResponse, await getFreshnessView(access));
});
export const HEAD = GET;
export const ALL = rejectOtherMethods('GET', 'HEAD');
