import { actionHandlers } from '#lib/http-api/actions.ts';
import { apiRoute } from '../../../../../middleware/guard.ts';
import { rejectOtherMethods } from '../../../../../middleware/methods.ts';

const { read, request } = actionHandlers('lead');

export const GET = apiRoute('viewer', read);
export const HEAD = GET;
export const POST = apiRoute('member', request);
export const ALL = rejectOtherMethods('GET', 'HEAD', 'POST');
