import { notesResponse, notesQuery } from '#lib/http-api/notes.ts';
import { toJsonResponse, parseQuery } from '#lib/http-api/codec.ts';
import { getNotesView } from '#lib/views/notes.ts';
import { apiRoute } from '../../../middleware/guard.ts';
import { rejectOtherMethods } from '../../../middleware/methods.ts';

export const GET = apiRoute('viewer', async ({ url }, access) => {
  const { limit, offset, search } = parseQuery(notesQuery, url.searchParams);
  return toJsonResponse(notesResponse, await getNotesView(access, { limit, offset, search }));
});
export const HEAD = GET;
export const ALL = rejectOtherMethods('GET', 'HEAD');
