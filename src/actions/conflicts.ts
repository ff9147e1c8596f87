import { z } from 'zod';
import type { Access } from '#lib/identity/auth/access.ts';
import type { Choice } from '#lib/outbound/pull/decide.ts';
import { resolveAll, resolveConflict } from '#lib/outbound/pull/resolve.ts';
import { action, atLeast, buttonOf, byButton, guarded, text, type Action } from './action.ts';
import { redirectAfterPost, type Fields } from './form.ts';

/** The notices of the page, by decision. */
export const conflictNotices: Record<string, string> = {
  ours: 'Our value was kept and will be written to the CRM in a moment.',
  theirs: 'Their value was accepted.',
  'all-ours': 'Our values were kept and will be written to the CRM in a moment.',
  'all-theirs': 'Their values were accepted. Our lead now has the same.',
};

/** `seen` is the digest of what the page showed. */
const oneForm = z.object({ conflict: text, seen: z.string().optional() });
const allForm = z.object({ push: text, seen: z.string().optional() });

const decide = guarded(
  atLeast('member', 'Viewers cannot resolve conflicts. Ask a member of this workspace.'),
  byButton({
    ours: one('ours'),
    theirs: one('theirs'),
    'all-ours': all('ours'),
    'all-theirs': all('theirs'),
  }),
);

function one(choice: Choice): Action<Access, void> {
  return action(oneForm, ({ tenant, user }, { conflict, seen }) =>
    resolveConflict(tenant.id, conflict, choice, user.id, seen),
  );
}

function all(choice: Choice): Action<Access, void> {
  return action(allForm, ({ tenant, user }, { push, seen }) =>
    resolveAll(tenant.id, push, choice, user.id, seen),
  );
}

/** Handles the forms of the conflicts page. The redirect keeps the filter. */
export async function submitConflicts(access: Access, url: URL, fields: Fields): Promise<Response> {
  await decide(access, fields);
  const params = new URLSearchParams(url.searchParams);
  params.set('done', buttonOf(fields));
  return redirectAfterPost(`${url.pathname}?${params}`);
}
