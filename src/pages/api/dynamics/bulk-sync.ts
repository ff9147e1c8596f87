import {
  bulkSyncBody,
  dynamicsProvider,
  pushesRequestedResponse,
  pushStatusQuery,
  requestBulkPush,
} from '#lib/http-api/pushes.ts';
import { toJsonResponse, parseBody, parseQuery } from '#lib/http-api/codec.ts';
import { apiRoute } from '../../../middleware/guard.ts';
import { rejectOtherMethods } from '../../../middleware/methods.ts';

export const POST = apiRoute('member', async ({ url, request }, access) => {
  parseQuery(pushStatusQuery, url.searchParams);
  return toJsonResponse(
    pushesRequestedResponse,
    await requestBulkPush(
      access,
      await parseBody(bulkSyncBody, request),
      access.user.id,
      dynamicsProvider,
    ),
    202,
  );
});
export const ALL = rejectOtherMethods('POST');
