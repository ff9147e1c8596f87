import { hasRole, type Access } from '#lib/identity/auth/access.ts';
import { Problem } from '#lib/platform/errors.ts';
import {
  pushTargetsOf,
  requestPushes,
  requestPushesMatching,
  requirePushTarget,
} from '#lib/outbound/push/request.ts';
import { deleteView, renameView, saveView } from '#lib/views/saved/change.ts';
import { listSavedViews } from '#lib/views/saved/queries.ts';
import { leadListNames } from '#lib/entities/lead/filter.ts';
import { seeOther, type Fields } from './form.ts';

/** What goes with the list: the views that somebody sees, and where they may push leads to. */
export async function leadToolsOf(access: Access) {
  const mayPush = hasRole(access, 'member') && access.features.includes('crm-push');
  const [views, targets] = await Promise.all([
    listSavedViews(access, 'leads'),
    mayPush ? pushTargetsOf(access.tenant.id) : [],
  ]);
  return { views, targets };
}

type Verb = (access: Access, url: URL, fields: Fields) => Promise<string>;

/**
 * Each form of the Leads page, told apart by its button; the answer is what the page says next
 * (`?done=`).
 */
const verbs: Record<string, Verb> = {
  'save-view': async (access, url, { name = '', shared }) =>
    saveView(access, {
      page: 'leads',
      name,
      query: leadListQuery(url),
      shared: shared === 'yes',
    }).then(() => 'view-saved'),
  'rename-view': async (access, _url, { view = '', name = '' }) =>
    renameView(access, 'leads', view, name).then(() => 'view-renamed'),
  'delete-view': async (access, _url, { view = '' }) =>
    deleteView(access, 'leads', view).then(() => 'view-deleted'),
  push,
};

/** One of the forms of the Leads page. The way back keeps the filter and the place in the list. */
export async function submitLeads(access: Access, url: URL, fields: Fields): Promise<Response> {
  const intent = fields['intent'] ?? '';
  const verb = Object.hasOwn(verbs, intent) ? verbs[intent] : undefined;
  if (verb === undefined)
    throw new Problem(
      'bad_request',
      'This form does not belong to this page. Open the page again.',
    );
  const params = new URLSearchParams(url.searchParams);
  params.delete('lead');
  params.set('done', await verb(access, url, fields));
  return seeOther(`${url.pathname}?${params}#rows`);
}

/** What a saved view of this address keeps. */
export function leadListQuery(url: URL): string {
  return new URLSearchParams(
    [...url.searchParams].filter(([name]) => leadListNames.some((known) => known === name)),
  ).toString();
}

async function push(access: Access, url: URL, fields: Fields): Promise<string> {
  if (!hasRole(access, 'member'))
    throw new Problem(
      'forbidden',
      'Your role in this workspace is viewer; pushing leads needs member. Ask an admin.',
    );
  const { id: tenantId } = access.tenant;
  const { id: connectionId } = await requirePushTarget(tenantId, fields['connection'] || undefined);
  if (fields['scope'] === 'matching') {
    const isNew = await requestPushesMatching(
      tenantId,
      { connectionId, query: leadListQuery(url) },
      access.user.id,
    );
    return isNew ? 'pushing-all' : 'pushing-already';
  }
  const leadIds = Object.keys(fields).flatMap((name) =>
    name.startsWith('lead:') ? [name.slice('lead:'.length)] : [],
  );
  if (leadIds.length === 0)
    throw new Problem(
      'bad_request',
      'No lead is chosen. Tick the boxes of those that are to be pushed.',
    );
  const { queued, alreadyPending, refused } = await requestPushes(
    tenantId,
    { connectionId, leadIds },
    access.user.id,
  );
  return `pushed-${queued}-${alreadyPending}-${refused.length}`;
}

interface Notice {
  tone: 'good' | 'warn';
  text: string;
  /** Leads to the rows that it is about. */
  show?: { label: string; push: string };
}

const notices: Record<string, Notice> = {
  'view-saved': { tone: 'good', text: 'The view is saved. It is in the menu above the list.' },
  'view-renamed': { tone: 'good', text: 'The view has its new name.' },
  'view-deleted': { tone: 'good', text: 'The view is deleted.' },
  'pushing-all': {
    tone: 'good',
    text: 'All leads that match are being pushed in the background. The list shows how each one stands.',
    show: { label: 'Show any that fail', push: 'failed' },
  },
  'pushing-already': {
    tone: 'warn',
    text: 'The same leads are being pushed already. The list shows how each one stands.',
    show: { label: 'Show any that fail', push: 'failed' },
  },
};

/** What the page says after something was done. */
export function leadsNotice(done: string | null): Notice | undefined {
  const tally = /^pushed-(\d{1,6})-(\d{1,6})-(\d{1,6})$/
    .exec(done ?? '')
    ?.slice(1)
    .map(Number);
  if (tally === undefined)
    return done !== null && Object.hasOwn(notices, done) ? notices[done] : undefined;
  const [queued = 0, waiting = 0, refused = 0] = tally;
  const parts = [
    `${queued} queued to be sent`,
    waiting > 0 && `${waiting} waiting already`,
    refused > 0 && `${refused} refused, because they come from there or are gone`,
  ];
  return {
    tone: refused > 0 ? 'warn' : 'good',
    text: `Push: ${parts.filter(Boolean).join(', ')}.`,
    show: { label: 'Show any that fail', push: 'failed' },
  };
}
