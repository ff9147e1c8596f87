import { syncQuery, syncRequestedResponse } from '#lib/http-api/sync.ts';
import { toJsonResponse, parseQuery } from '#lib/http-api/codec.ts';
import { requestTenantSync } from '#lib/ingest/request.ts';
import { apiRoute } from '../../../middleware/guard.ts';
import { rejectOtherMethods } from '../../../middleware/methods.ts';
import { isFormPost } from '../../../actions/form.ts';
import { requestSyncByForm } from '../../../actions/sync.ts';

export const POST = apiRoute('member', async (context, access) => {
  parseQuery(syncQuery, context.url.searchParams);
  if (isFormPost(context.request)) return requestSyncByForm(context, access);
  return toJsonResponse(
    syncRequestedResponse,
    await requestTenantSync(access.tenant.id, access.user.id),
    202,
  );
});
export const ALL = rejectOtherMethods('POST');
