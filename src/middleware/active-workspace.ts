import { findAccessById } from '#lib/identity/auth/access.ts';
import type { SignedIn } from '#lib/identity/auth/sessions.ts';

/**
 * The path of a page in the active workspace, or the list of workspaces when none is active any
 * more.
 */
export async function activeWorkspacePath(
  { user, session }: SignedIn,
  page: string,
  search = '',
): Promise<string> {
  const access =
    session.activeTenantId === null
      ? undefined
      : await findAccessById(user, session.activeTenantId);
  return access === undefined ? '/workspaces' : `/w/${access.tenant.slug}/${page}${search}`;
}
