import type { APIRoute } from 'astro';
import { Problem } from '#lib/platform/errors.ts';
import { pages } from '../components/shell/nav.ts';
import { resolveWorkspacePath, requireUser } from '../middleware/guard.ts';

/**
 * Handles every address without a route: a short path such as /leads redirects to that page of the
 * active workspace, with the same query; all others are not found.
 */
export const ALL: APIRoute = async (context) => {
  const page = pages.find(({ key }) => key === context.params['path']);
  if (page === undefined) throw new Problem('not_found', 'There is nothing at this address.');
  const signedIn = requireUser(context);
  if (signedIn instanceof Response) return signedIn;
  return context.redirect(await resolveWorkspacePath(signedIn, page.key, context.url.search), 302);
};
