import { notesAnswer, notesQuery } from '#lib/http-api/notes.ts';
import { answer, parseQuery } from '#lib/http-api/wire.ts';
import { notesView } from '#lib/views/notes.ts';
import { apiRoute } from '../../../middleware/guard.ts';
import { onlyMethods } from '../../../middleware/methods.ts';

export const GET = apiRoute('viewer', async ({ url }, access) => {
  const { limit, offset, search } = parseQuery(notesQuery, url.searchParams);
  return answer(notesAnswer, await notesView(access, { limit, offset, search }));
});
export const HEAD = GET;
export const ALL = onlyMethods('GET', 'HEAD');
