import { scheduleAnswer, scheduleQuery } from '#lib/http-api/schedule.ts';
import { answer, parseQuery } from '#lib/http-api/wire.ts';
import { scheduleView } from '#lib/views/schedule.ts';
import { apiRoute } from '../../../middleware/guard.ts';
import { onlyMethods } from '../../../middleware/methods.ts';

export const GET = apiRoute('viewer', async ({ url }, access) => {
  parseQuery(scheduleQuery, url.searchParams);
  return answer(scheduleAnswer, await scheduleView(access));
});
export const HEAD = GET;
export const ALL = onlyMethods('GET', 'HEAD');
