import type { APIRoute } from 'astro';
import { Problem } from '#lib/platform/errors.ts';
import { pages } from '../components/shell/nav.ts';
import { activeWorkspacePath } from '../middleware/active-workspace.ts';
import { requireUser } from '../middleware/guard.ts';

/** Short paths such as /leads mean that page of the active workspace, with the same query. */
export const GET: APIRoute = async (context) => {
  const page = pages.find(({ key }) => key === context.params['shortcut']);
  if (page === undefined) throw new Problem('not_found', 'There is nothing at this address.');
  const signedIn = requireUser(context);
  if (signedIn instanceof Response) return signedIn;
  return context.redirect(await activeWorkspacePath(signedIn, page.key, context.url.search), 302);
};
