import {
  decideLeadLink,
  leadLinkBody,
  leadLinksQuery,
  leadLinksResponse,
} from '#lib/http-api/lead-links.ts';
import { toJsonResponse, parseBody, parseQuery } from '#lib/http-api/codec.ts';
import { getLeadView } from '#lib/views/lead.ts';
import { apiRoute } from '../../../../middleware/guard.ts';
import { rejectOtherMethods } from '../../../../middleware/methods.ts';

export const GET = apiRoute('viewer', async ({ url, params }, access) => {
  parseQuery(leadLinksQuery, url.searchParams);
  return toJsonResponse(leadLinksResponse, await getLeadView(access, params['id'] ?? ''));
});
export const POST = apiRoute('member', async ({ url, params, request }, access) => {
  parseQuery(leadLinksQuery, url.searchParams);
  const id = params['id'] ?? '';
  await decideLeadLink(access, id, await parseBody(leadLinkBody, request));
  return toJsonResponse(leadLinksResponse, await getLeadView(access, id));
});
export const HEAD = GET;
export const ALL = rejectOtherMethods('GET', 'HEAD', 'POST');
