import { domainStatus, pushStatusAnswer, pushStatusQuery } from '#lib/http-api/pushes.ts';
import { answer, parseQuery } from '#lib/http-api/wire.ts';
import { apiRoute } from '../../../../middleware/guard.ts';
import { onlyMethods } from '../../../../middleware/methods.ts';

export const GET = apiRoute('viewer', async ({ url, params }, access) => {
  parseQuery(pushStatusQuery, url.searchParams);
  return answer(pushStatusAnswer, await domainStatus(access, params['domain'] ?? ''));
});
export const HEAD = GET;
export const ALL = onlyMethods('GET', 'HEAD');
