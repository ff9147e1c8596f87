import { scoreAnswer, scoreQuery } from '#lib/http-api/score.ts';
import { answer, parseQuery } from '#lib/http-api/wire.ts';
import { scoreView } from '#lib/views/score.ts';
import { apiRoute } from '../../../../middleware/guard.ts';
import { onlyMethods } from '../../../../middleware/methods.ts';

export const GET = apiRoute('viewer', async ({ url, params }, access) => {
  parseQuery(scoreQuery, url.searchParams);
  return answer(scoreAnswer, await scoreView(access, params['id'] ?? ''));
});
export const HEAD = GET;
export const ALL = onlyMethods('GET', 'HEAD');
