import { scoreResponse, scoreQuery } from '#lib/http-api/score.ts';
import { toJsonResponse, parseQuery } from '#lib/http-api/codec.ts';
import { getScoreView } from '#lib/views/score.ts';
import { apiRoute } from '../../../../middleware/guard.ts';
import { rejectOtherMethods } from '../../../../middleware/methods.ts';

export const GET = apiRoute('viewer', async ({ url, params }, access) => {
  parseQuery(scoreQuery, url.searchParams);
  return toJsonResponse(scoreResponse, await getScoreView(access, params['id'] ?? ''));
});
export const HEAD = GET;
export const ALL = rejectOtherMethods('GET', 'HEAD');
