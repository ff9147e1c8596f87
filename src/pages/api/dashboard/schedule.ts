import { scheduleResponse, scheduleQuery } from '#lib/http-api/schedule.ts';
import { toJsonResponse, parseQuery } from '#lib/http-api/codec.ts';
import { getScheduleView } from '#lib/views/schedule.ts';
import { apiRoute } from '../../../middleware/guard.ts';
import { rejectOtherMethods } from '../../../middleware/methods.ts';

export const GET = apiRoute('viewer', async ({ url }, access) => {
  parseQuery(scheduleQuery, url.searchParams);
  return toJsonResponse(scheduleResponse, await getScheduleView(access));
});
export const HEAD = GET;
export const ALL = rejectOtherMethods('GET', 'HEAD');
