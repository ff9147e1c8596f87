import {
  bulkSyncBody,
  getDomainStatus,
  pushesOfDomainQuery,
  pushesRequestedResponse,
  pushStatusQuery,
  pushStatusResponse,
  requestBulkPush,
} from '#lib/http-api/pushes.ts';
import { toJsonResponse, parseBody, parseQuery } from '#lib/http-api/codec.ts';
import { apiRoute } from '../../middleware/guard.ts';
import { rejectOtherMethods } from '../../middleware/methods.ts';

export const GET = apiRoute('viewer', async ({ url }, access) => {
  const { domain } = parseQuery(pushesOfDomainQuery, url.searchParams);
  return toJsonResponse(pushStatusResponse, await getDomainStatus(access, domain));
});
export const HEAD = GET;
export const POST = apiRoute('member', async ({ url, request }, access) => {
  parseQuery(pushStatusQuery, url.searchParams);
  return toJsonResponse(
    pushesRequestedResponse,
    await requestBulkPush(access, await parseBody(bulkSyncBody, request), access.user.id),
    202,
  );
});
export const ALL = rejectOtherMethods('GET', 'HEAD', 'POST');
