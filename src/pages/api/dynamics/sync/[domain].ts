import { pushesRequestedResponse, pushQuery, requestDomainPush } from '#lib/http-api/pushes.ts';
import { toJsonResponse, parseQuery } from '#lib/http-api/codec.ts';
import { apiRoute } from '../../../../middleware/guard.ts';
import { rejectOtherMethods } from '../../../../middleware/methods.ts';

export const POST = apiRoute('member', async ({ url, params }, access) => {
  const query = parseQuery(pushQuery, url.searchParams);
  return toJsonResponse(
    pushesRequestedResponse,
    await requestDomainPush(access, params['domain'] ?? '', query, access.user.id),
    202,
  );
});
export const ALL = rejectOtherMethods('POST');
