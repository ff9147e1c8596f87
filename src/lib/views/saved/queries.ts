import { and, asc, eq, isNull, or } from 'drizzle-orm';
import type { Tx } from '../../platform/db/pool.ts';
import { readTenant } from '../../identity/tenancy/with-tenant.ts';
import { savedViews } from '../../schema/saved-views.ts';

export interface SavedView {
  id: string;
  name: string;
  /** The page's query, such as segment=Migration&sort=score. */
  query: string;
  /** Whether everybody in the workspace has it. */
  shared: boolean;
  /** Who made it. */
  createdBy: string;
}

/** Who looks: their own views and those that are shared are theirs to see. */
export interface Viewer {
  tenant: { id: string };
  user: { id: string };
}

/** The views of a page that somebody sees, by name. */
export function listSavedViews(viewer: Viewer, page: string): Promise<SavedView[]> {
  return readTenant(viewer.tenant.id, (tx) => selectSavedViews(tx, viewer, page));
}

/** As `listSavedViews`, inside a transaction of the caller. */
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
