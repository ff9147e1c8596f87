import { and, asc, eq, isNull, or } from 'drizzle-orm';
import type { Tx } from '../../platform/db/pool.ts';
import { readTenant } from '../../identity/tenancy/with-tenant.ts';
import { savedViews } from '../../schema/saved-views.ts';

export interface SavedView {
  id: string;
  name: string;
  /** Query string of the page, such as segment=Migration&sort=score. */
  query: string;
  /** Whether everyone in the workspace sees it. */
  shared: boolean;
  /** Id of the user who created it. */
  createdBy: string;
}

/** A user who sees their own views and the shared ones. */
export interface Viewer {
  tenant: { id: string };
  user: { id: string };
}

/** Lists the views of a page that a user sees, by name. */
export function listSavedViews(viewer: Viewer, page: string): Promise<SavedView[]> {
  return readTenant(viewer.tenant.id, (tx) => selectSavedViews(tx, viewer, page));
}

/** Like `listSavedViews`, in a transaction of the caller. */
export async function selectSavedViews(
  tx: Tx,
  { tenant, user }: Viewer,
  page: string,
): Promise<SavedView[]> {
  const rows = await tx
    .select({
      id: savedViews.id,
      name: savedViews.name,
      query: savedViews.query,
      ownerId: savedViews.ownerId,
      createdBy: savedViews.createdBy,
    })
    .from(savedViews)
    .where(
      and(
        eq(savedViews.tenantId, tenant.id),
        eq(savedViews.page, page),
        or(isNull(savedViews.ownerId), eq(savedViews.ownerId, user.id)),
      ),
    )
    .orderBy(asc(savedViews.name), asc(savedViews.id));
  return rows.map(({ ownerId, ...view }) => ({ ...view, shared: ownerId === null }));
}
