import { actionHandlers } from '#lib/http-api/actions.ts';
import { apiRoute } from '../../../../../middleware/guard.ts';
import { rejectOtherMethods } from '../../../../../middleware/methods.ts';

export const POST = apiRoute('member', actionHandlers('lead').cancel);
export const ALL = rejectOtherMethods('POST');
