import {
  pushesRequestedResponse,
  pushLeadBody,
  pushStatusQuery,
  requestPush,
} from '#lib/http-api/pushes.ts';
import { toJsonResponse, parseBody, parseQuery } from '#lib/http-api/codec.ts';
import { apiRoute } from '../../../../middleware/guard.ts';
import { rejectOtherMethods } from '../../../../middleware/methods.ts';

export const POST = apiRoute('member', async ({ url, request }, access) => {
  parseQuery(pushStatusQuery, url.searchParams);
  return toJsonResponse(
    pushesRequestedResponse,
    await requestPush(access, await parseBody(pushLeadBody, request), access.user.id),
    202,
  );
});
export const ALL = rejectOtherMethods('POST');
