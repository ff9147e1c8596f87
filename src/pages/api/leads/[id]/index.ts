import { leadAnswer, leadQuery } from '#lib/http-api/lead-list.ts';
import { answer, parseQuery } from '#lib/http-api/wire.ts';
import { leadView } from '#lib/views/lead.ts';
import { apiRoute } from '../../../../middleware/guard.ts';
import { onlyMethods } from '../../../../middleware/methods.ts';

export const GET = apiRoute('viewer', async ({ url, params }, access) => {
  parseQuery(leadQuery, url.searchParams);
  return answer(leadAnswer, await leadView(access, params['id'] ?? ''));
});
export const HEAD = GET;
export const ALL = onlyMethods('GET', 'HEAD');
