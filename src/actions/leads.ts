import { z } from 'zod';
import { hasRole, type Access } from '#lib/identity/auth/access.ts';
import { Problem } from '#lib/platform/errors.ts';
import {
  listPushConnections,
  requestPushes,
  requirePushConnection,
} from '#lib/outbound/push/request.ts';
import { requestPushesMatching } from '#lib/outbound/push/request-matching.ts';
import { deleteView, renameView, saveView } from '#lib/views/saved/change.ts';
import { listSavedViews } from '#lib/views/saved/queries.ts';
import { leadListNames } from '#lib/entities/lead/filter.ts';
import { requireRole } from '../middleware/guard.ts';
import { action, byButton, guarded, text } from './action.ts';
import { redirectAfterPost, type Fields } from './form.ts';

/** Reads the saved views of the user, and the connections that they may push leads to. */
export async function readLeadTools(access: Access) {
  const mayPush = hasRole(access, 'member') && access.features.includes('crm-push');
  const [views, targets] = await Promise.all([
    listSavedViews(access, 'leads'),
    mayPush ? listPushConnections(access.tenant.id) : [],
  ]);
  return { views, targets };
}

/** A user with the list that the address shows. */
interface Reader {
  access: Access;
  /** The query of `toListQuery`. */
  query: string;
}

const newViewForm = z.object({ name: text, shared: z.string().optional() });
const viewForm = z.object({ view: text, name: text });

/** A checkbox of the list is named `lead:<id>`. */
const pushForm = z
  .object({ connection: text, scope: text })
  .catchall(z.string())
  .transform(({ connection, scope, ...more }) => ({
    connectionId: connection || undefined,
    isMatching: scope === 'matching',
    leadIds: Object.keys(more).flatMap((name) =>
      name.startsWith('lead:') ? [name.slice('lead:'.length)] : [],
    ),
  }));

const reading = ({ access }: Reader) => requireRole(access, 'viewer');
const pushing = ({ access }: Reader) =>
  requireRole(access, 'member', 'Viewers cannot push leads. Ask a member of this workspace.');

/** Returns the key of the next notice (`?done=`). */
const change = byButton<Reader, string>({
  'save-view': guarded(
    reading,
    action(newViewForm, async ({ access, query }, { name, shared }) => {
      await saveView(access, { page: 'leads', name, query, shared: shared === 'yes' });
      return 'view-saved';
    }),
  ),
  'rename-view': guarded(
    reading,
    action(viewForm, async ({ access }, { view, name }) => {
      await renameView(access, 'leads', view, name);
      return 'view-renamed';
    }),
  ),
  'delete-view': guarded(
    reading,
    action(viewForm, async ({ access }, { view }) => {
      await deleteView(access, 'leads', view);
      return 'view-deleted';
    }),
  ),
  push: guarded(pushing, action(pushForm, push)),
});

/**
 * Handles the forms of the Leads page. The redirect keeps the filter and the position in the list.
 */
export async function submitLeads(access: Access, url: URL, fields: Fields): Promise<Response> {
  const params = new URLSearchParams(url.searchParams);
  params.delete('lead');
  params.set('done', await change({ access, query: toListQuery(url) }, fields));
  return redirectAfterPost(`${url.pathname}?${params}#rows`);
}

/** Returns the part of the query that a saved view stores. */
export function toListQuery(url: URL): string {
  return new URLSearchParams(
    [...url.searchParams].filter(([name]) => leadListNames.some((known) => known === name)),
  ).toString();
}

async function push(
  { access: { tenant, user }, query }: Reader,
  { connectionId: chosen, isMatching, leadIds }: z.output<typeof pushForm>,
): Promise<string> {
  const { id: connectionId } = await requirePushConnection(tenant.id, chosen);
  if (isMatching) {
    const isNew = await requestPushesMatching(tenant.id, { connectionId, query }, user.id);
    return isNew ? 'pushing-all' : 'pushing-already';
  }
  if (leadIds.length === 0)
    throw new Problem('bad_request', 'No lead is selected. Tick the boxes of the leads to push.');
  const { queued, alreadyPending, refused } = await requestPushes(
    tenant.id,
    { connectionId, leadIds },
    user.id,
  );
  return `pushed-${queued}-${alreadyPending}-${refused.length}`;
}
