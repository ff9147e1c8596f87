import { getDomainStatus, pushStatusResponse, pushStatusQuery } from '#lib/http-api/pushes.ts';
import { toJsonResponse, parseQuery } from '#lib/http-api/codec.ts';
import { apiRoute } from '../../../../middleware/guard.ts';
import { rejectOtherMethods } from '../../../../middleware/methods.ts';

export const GET = apiRoute('viewer', async ({ url, params }, access) => {
  parseQuery(pushStatusQuery, url.searchParams);
  return toJsonResponse(pushStatusResponse, await getDomainStatus(access, params['domain'] ?? ''));
});
export const HEAD = GET;
export const ALL = rejectOtherMethods('GET', 'HEAD');
