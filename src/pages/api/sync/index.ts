import { syncQuery, syncRequestedAnswer } from '#lib/http-api/sync.ts';
import { answer, parseQuery } from '#lib/http-api/wire.ts';
import { requestSync } from '#lib/ingest/request.ts';
import { apiRoute } from '../../../middleware/guard.ts';
import { onlyMethods } from '../../../middleware/methods.ts';
import { isFormPost } from '../../../actions/form.ts';
import { syncByForm } from '../../../actions/sync.ts';

export const POST = apiRoute('member', async (context, access) => {
  parseQuery(syncQuery, context.url.searchParams);
  if (isFormPost(context.request)) return syncByForm(context, access);
  return answer(syncRequestedAnswer, await requestSync(access.tenant.id, access.user.id), 202);
});
export const ALL = onlyMethods('POST');
