import { syncQuery, syncStatusAnswer } from '#lib/http-api/sync.ts';
import { answer, parseQuery } from '#lib/http-api/wire.ts';
import { freshnessView } from '#lib/views/freshness.ts';
import { apiRoute } from '../../../middleware/guard.ts';
import { onlyMethods } from '../../../middleware/methods.ts';

export const GET = apiRoute('viewer', async ({ url }, access) => {
  parseQuery(syncQuery, url.searchParams);
  return answer(syncStatusAnswer, await freshnessView(access));
});
export const HEAD = GET;
export const ALL = onlyMethods('GET', 'HEAD');
