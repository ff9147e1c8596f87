import type { APIRoute } from 'astro';
import { finishSso } from '#lib/identity/sso/finish.ts';
import { redirectAfterPost } from '../../../actions/form.ts';

/** Where an identity provider sends people back to: opens their session. */
export const GET: APIRoute = async ({ locals, params, url }) => {
  const answer = { providerId: params['provider'] ?? '', search: url.search };
  const { next, cookies } = await finishSso(answer, locals.client);
  return redirectAfterPost(next, cookies);
};
