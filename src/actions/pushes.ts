import { z } from 'zod';
import type { Access } from '#lib/identity/auth/access.ts';
import { sanitizeNext } from '#lib/identity/auth/next-path.ts';
import { Problem } from '#lib/platform/errors.ts';
import { requestPushes } from '#lib/outbound/push/request.ts';
import { retryFailedPushes } from '#lib/outbound/push/retry-failed.ts';
import { action, atLeast, byButton, guarded, parseFields, text } from './action.ts';
import { redirectAfterPost, type Fields } from './form.ts';

const pushForm = z.object({ connection: text, lead: text });
const retryForm = z.object({ connection: text });
const backForm = z.object({ return: z.string().optional() });

/** Returns the key of the next notice (`?done=`). */
const change = guarded(
  atLeast('member', 'Viewers cannot push leads into the CRM. Ask a member of this workspace.'),
  byButton<Access, string>({
    push: action(pushForm, async ({ tenant, user }, { connection, lead }) => {
      const request = { connectionId: connection, leadIds: [lead] };
      const { refused } = await requestPushes(tenant.id, request, user.id);
      const [refusal] = refused;
      if (refusal !== undefined) throw new Problem('conflict', refusal.reason);
      return 'push-queued';
    }),
    'retry-failed': action(
      retryForm,
      async ({ tenant, user }, { connection }) =>
        `push-retried-${await retryFailedPushes(tenant.id, connection || undefined, user.id)}`,
    ),
  }),
);

/** Handles the push forms of all pages, and redirects to the page that the form names. */
export async function submitPushes(access: Access, url: URL, fields: Fields): Promise<Response> {
  const done = await change(access, fields);
  const { return: named } = parseFields(backForm, fields);
  const back = new URL(
    named === undefined ? url.pathname + url.search : returnPath(access, named),
    url,
  );
  back.searchParams.set('done', done);
  return redirectAfterPost(back.pathname + back.search);
}

/** Returns `path` if it belongs to this workspace, else that of its list of pushes. */
export function returnPath({ tenant }: Access, path: string | null): string {
  const home = `/w/${tenant.slug}/`;
  const safe = sanitizeNext(path, '');
  return safe.startsWith(home) ? safe : `${home}pushes`;
}
