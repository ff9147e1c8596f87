import { pushesRequestedAnswer, pushQuery, requestDomain } from '#lib/http-api/pushes.ts';
import { answer, parseQuery } from '#lib/http-api/wire.ts';
import { apiRoute } from '../../../../middleware/guard.ts';
import { onlyMethods } from '../../../../middleware/methods.ts';

export const POST = apiRoute('member', async ({ url, params }, access) => {
  const query = parseQuery(pushQuery, url.searchParams);
  return answer(
    pushesRequestedAnswer,
    await requestDomain(access, params['domain'] ?? '', query, access.user.id),
    202,
  );
});
export const ALL = onlyMethods('POST');
