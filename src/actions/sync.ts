import { z } from 'zod';
import type { Access } from '#lib/identity/auth/access.ts';
import { sanitizeNext } from '#lib/identity/auth/next-path.ts';
import { Problem } from '#lib/platform/errors.ts';
import { requestTenantSync } from '#lib/ingest/request.ts';
import { requireRole, type GuardContext } from '../middleware/guard.ts';
import { parseFields } from './action.ts';
import { readFields, redirectAfterPost } from './form.ts';

const syncForm = z.object({ return: z.string().optional() });

/**
 * Starts a sync for a page's button that works without scripts (`only`: for the connections of one
 * provider), and redirects to that page with `?done=`: `sync-started`, or `sync-under-way` when a
 * sync was already running.
 */
export async function requestSyncByForm(
  context: GuardContext,
  access: Access,
  only?: string,
): Promise<Response> {
  requireRole(access, 'member');
  const back = new URL(await findReturnPage(context, access), context.url);
  back.searchParams.set('done', await requestAndDescribe(access, only));
  return redirectAfterPost(back.pathname + back.search);
}

async function requestAndDescribe({ tenant, user }: Access, only?: string): Promise<string> {
  try {
    await requestTenantSync(tenant.id, user.id, only);
    return 'sync-started';
  } catch (error) {
    if (error instanceof Problem && error.code === 'conflict') return 'sync-under-way';
    throw error;
  }
}

/**
 * Returns the page that the form names, else the referring page, if it belongs to this workspace;
 * otherwise the dashboard.
 */
async function findReturnPage({ request }: GuardContext, { tenant }: Access): Promise<string> {
  const home = `/w/${tenant.slug}/`;
  const { return: named = null } = parseFields(syncForm, await readFields(request));
  const referrer = URL.parse(request.headers.get('referer') ?? '');
  const candidates = [named, referrer && referrer.pathname + referrer.search];
  const page = candidates
    .map((path) => sanitizeNext(path, ''))
    .find((path) => path.startsWith(home));
  return page ?? `${home}dashboard`;
}
