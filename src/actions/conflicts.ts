import { hasRole, type Access } from '#lib/identity/auth/access.ts';
import { Problem } from '#lib/platform/errors.ts';
import { resolveAll, resolveConflict } from '#lib/outbound/pull/resolve.ts';
import { seeOther, type Fields } from './form.ts';

/** What the page says after a decision. */
export const conflictNotices: Record<string, string> = {
  ours: 'Decided for ours. It is written there in a moment.',
  theirs: 'Decided for theirs.',
  'all-ours': 'Decided for ours. It is written there in a moment.',
  'all-theirs': 'Decided for theirs. Our lead says the same now.',
};

const verbs: Record<string, (access: Access, fields: Fields) => Promise<void>> = {
  ours: ({ tenant, user }, { conflict = '', seen }) =>
    resolveConflict(tenant.id, conflict, 'ours', user.id, seen),
  theirs: ({ tenant, user }, { conflict = '', seen }) =>
    resolveConflict(tenant.id, conflict, 'theirs', user.id, seen),
  'all-ours': ({ tenant, user }, { push = '', seen }) =>
    resolveAll(tenant.id, push, 'ours', user.id, seen),
  'all-theirs': ({ tenant, user }, { push = '', seen }) =>
    resolveAll(tenant.id, push, 'theirs', user.id, seen),
};

/**
 * One of the forms of the page of conflicts, told apart by its button. The way back keeps the
 * filter.
 */
export async function submitConflicts(access: Access, url: URL, fields: Fields): Promise<Response> {
  const intent = fields['intent'] ?? '';
  const verb = Object.hasOwn(verbs, intent) ? verbs[intent] : undefined;
  if (!hasRole(access, 'member'))
    throw new Problem(
      'forbidden',
      'Viewers cannot decide conflicts. Ask a member of this workspace.',
    );
  if (verb === undefined)
    throw new Problem(
      'bad_request',
      'This form does not belong to this page. Open the page again.',
    );
  await verb(access, fields);
  const params = new URLSearchParams(url.searchParams);
  params.set('done', intent);
  return seeOther(`${url.pathname}?${params}`);
}
