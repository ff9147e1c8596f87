import { syncQuery, syncRequestedAnswer } from '#lib/api/sync.ts';
import { answer, parseQuery } from '#lib/api/wire.ts';
import { requestSync } from '#lib/sync/request.ts';
import { apiRoute } from '../../../middleware/guard.ts';
import { onlyMethods } from '../../../middleware/methods.ts';

export const POST = apiRoute('member', async ({ url }, access) => {
  parseQuery(syncQuery, url.searchParams);
  return answer(syncRequestedAnswer, await requestSync(access.tenant.id, access.user.id, 'partner-center'), 202);
});
export const ALL = onlyMethods('POST');
