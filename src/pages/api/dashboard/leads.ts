import { leadsAnswer, leadsQuery, leadTotals } from '#lib/http-api/leads.ts';
import { answer, parseQuery } from '#lib/http-api/wire.ts';
import { apiRoute } from '../../../middleware/guard.ts';
import { onlyMethods } from '../../../middleware/methods.ts';

export const GET = apiRoute('viewer', async ({ url }, access) => {
  const query = parseQuery(leadsQuery, url.searchParams);
  return answer(leadsAnswer, await leadTotals(access, query));
});
export const HEAD = GET;
export const ALL = onlyMethods('GET', 'HEAD');
