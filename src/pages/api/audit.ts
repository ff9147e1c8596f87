import { auditQuery, auditResponse, getAuditEvents } from '#lib/http-api/audit.ts';
import { toJsonResponse, parseQuery } from '#lib/http-api/codec.ts';
import { apiRoute } from '../../middleware/guard.ts';
import { rejectOtherMethods } from '../../middleware/methods.ts';

export const GET = apiRoute('admin', async ({ url }, access) => {
  const query = parseQuery(auditQuery, url.searchParams);
  return toJsonResponse(auditResponse, await getAuditEvents(access, query));
});
export const HEAD = GET;
export const ALL = rejectOtherMethods('GET', 'HEAD');
