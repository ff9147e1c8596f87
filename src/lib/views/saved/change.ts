import { and, eq, sql } from 'drizzle-orm';
import { includesRole, type Role } from '../../identity/auth/roles.ts';
import { isStorable } from '../../records/text.ts';
import { toAuditFilter } from '../../identity/audit/filter.ts';
import { recordAudit, type AuditEntry } from '../../identity/audit/record.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { Problem } from '../../platform/errors.ts';
import { isId, newId } from '../../platform/id.ts';
import { withTenant } from '../../identity/tenancy/with-tenant.ts';
import { selectSavedViews, type SavedView, type Viewer } from './queries.ts';
import { savedViews } from '../../schema/saved-views.ts';

/** A user who changes views. */
export interface Editor extends Viewer {
  role: Role;
}

/** The most views of one page that a user can see, own and shared: more would need a search. */
const maxViews = 50;
const maxNameLength = 60;
const maxQueryLength = 1_000;

export interface NewView {
  page: string;
  name: string;
  query: string;
  shared: boolean;
}

/**
 * Saves a filter under a name. Throws Problem for a name that this user has already, an empty or
 * long name, too many views, and sharing by a viewer.
 */
export async function saveView(
  editor: Editor,
  { page, name, query, shared }: NewView,
): Promise<SavedView> {
  if (query === '')
    throw new Problem(
      'bad_request',
      'There is nothing to save yet. Filter or sort the list first.',
    );
  if (query.length > maxQueryLength)
    throw new Problem('bad_request', 'This filter is too long to save. Remove a part of it.');
  if (shared && !includesRole(editor.role, 'member'))
    throw new Problem(
      'forbidden',
      'Viewers can save views for themselves. Ask a member of the workspace to share one.',
    );
  const parsedName = parseName(name);
  return withTenant(editor.tenant.id, async (tx) => {
    await lockNames(tx, editor, page);
    const known = await selectSavedViews(tx, editor, page);
    if (known.length >= maxViews)
      throw new Problem(
        'conflict',
        `There are already ${maxViews} views. Delete one that is no longer used.`,
      );
    assertNameFree(known, parsedName);
    const row = {
      tenantId: editor.tenant.id,
      id: newId(),
      page,
      name: parsedName,
      query,
      ownerId: shared ? null : editor.user.id,
      createdBy: editor.user.id,
    };
    await tx.insert(savedViews).values(row);
    await record(tx, editor, 'view.saved', row, {
      after: { page, shared, filter: toAuditFilter(new URLSearchParams(query)) },
    });
    return { id: row.id, name: parsedName, query, shared, createdBy: editor.user.id };
  });
}

/** Renames a view. Its creator may, and admins may rename shared ones. */
export async function renameView(
  editor: Editor,
  page: string,
  id: string,
  name: string,
): Promise<void> {
  const parsedName = parseName(name);
  return withTenant(editor.tenant.id, async (tx) => {
    await lockNames(tx, editor, page);
    const known = await selectSavedViews(tx, editor, page);
    const view = requireMayChange(editor, known, id);
    assertNameFree(
      known.filter((view) => view.id !== id),
      parsedName,
    );
    await tx
      .update(savedViews)
      .set({ name: parsedName })
      .where(and(eq(savedViews.tenantId, editor.tenant.id), eq(savedViews.id, id)));
    await record(tx, editor, 'view.renamed', view, {
      before: { name: view.name },
      after: { name: parsedName },
    });
  });
}

/** Deletes a view. Its creator may, and admins may delete shared ones. */
export function deleteView(editor: Editor, page: string, id: string): Promise<void> {
  return withTenant(editor.tenant.id, async (tx) => {
    const view = requireMayChange(editor, await selectSavedViews(tx, editor, page), id);
    await tx
      .delete(savedViews)
      .where(and(eq(savedViews.tenantId, editor.tenant.id), eq(savedViews.id, id)));
    await record(tx, editor, 'view.deleted', view, { before: { shared: view.shared } });
  });
}

function record(
  tx: Tx,
  { tenant }: Editor,
  action: 'view.saved' | 'view.renamed' | 'view.deleted',
  { id, name }: Pick<SavedView, 'id' | 'name'>,
  change: Pick<AuditEntry, 'before' | 'after'>,
): Promise<void> {
  const target = { type: 'view', id, label: name };
  return recordAudit(tx, { tenantId: tenant.id, action, target, ...change });
}

/** Whether a user may rename and delete a view. */
export function mayChangeView(
  { user, role }: Pick<Editor, 'user' | 'role'>,
  { createdBy, shared }: SavedView,
): boolean {
  return createdBy === user.id || (shared && includesRole(role, 'admin'));
}

/**
 * The view, if the editor may change it. Throws Problem `not_found` for a private view of another
 * user, as for one that does not exist.
 */
function requireMayChange(editor: Editor, known: readonly SavedView[], id: string): SavedView {
  const view = isId(id) ? known.find((one) => one.id === id.toLowerCase()) : undefined;
  if (view === undefined)
    throw new Problem(
      'not_found',
      'This view no longer exists. Reload the page to see the current views.',
    );
  if (!mayChangeView(editor, view))
    throw new Problem(
      'forbidden',
      'Only the person who created this view, or an admin, can change it. Save your own instead.',
    );
  return view;
}

function assertNameFree(known: readonly SavedView[], name: string): void {
  if (known.some((view) => view.name.toLowerCase() === name.toLowerCase()))
    throw new Problem('conflict', `There is already a view called "${name}". Choose another name.`);
}

function parseName(text: string): string {
  const name = text.trim().replaceAll(/\s+/g, ' ');
  if (name === '') throw new Problem('bad_request', 'Give the view a name.');
  if (name.length > maxNameLength || !isStorable(name))
    throw new Problem('bad_request', `A name can have at most ${maxNameLength} characters.`);
  return name;
}

/** Serialises changes to the views of a page, so that each sees the names of the others. */
async function lockNames(tx: Tx, { tenant }: Editor, page: string): Promise<void> {
  await tx.execute(
    sql`select pg_advisory_xact_lock(hashtextextended(${`saved views ${tenant.id} ${page}`}, 0))`,
  );
}
