import { hasRole, type Access } from '#lib/identity/auth/access.ts';
import { safeNext } from '#lib/identity/auth/next-path.ts';
import { Problem } from '#lib/platform/errors.ts';
import { requestPushes } from '#lib/outbound/push/request.ts';
import { retryFailed } from '#lib/outbound/push/retry-failed.ts';
import { seeOther, type Fields } from './form.ts';

/**
 * Each form about pushes, told apart by its button; the answer is what the page says next
 * (`?done=`).
 */
const verbs: Record<string, (access: Access, fields: Fields) => Promise<string>> = {
  push: async ({ tenant, user }, { connection = '', lead = '' }) => {
    const { refused } = await requestPushes(
      tenant.id,
      { connectionId: connection, leadIds: [lead] },
      user.id,
    );
    const [refusal] = refused;
    if (refusal !== undefined) throw new Problem('conflict', refusal.reason);
    return 'push-queued';
  },
  'retry-failed': async ({ tenant, user }, { connection }) =>
    `push-retried-${await retryFailed(tenant.id, connection || undefined, user.id)}`,
};

/** One of the forms about pushes, wherever it stands. It leads back to the page that it names. */
export async function submitPushes(access: Access, url: URL, fields: Fields): Promise<Response> {
  const intent = fields['intent'] ?? '';
  const verb = Object.hasOwn(verbs, intent) ? verbs[intent] : undefined;
  if (!hasRole(access, 'member'))
    throw new Problem(
      'forbidden',
      'Viewers cannot write into the CRM. Ask a member of this workspace.',
    );
  if (verb === undefined)
    throw new Problem(
      'bad_request',
      'This form does not belong to this page. Open the page again.',
    );
  const back = new URL(
    fields['return'] === undefined
      ? url.pathname + url.search
      : returnPath(access, fields['return']),
    url,
  );
  back.searchParams.set('done', await verb(access, fields));
  return seeOther(back.pathname + back.search);
}

/** A path of this workspace to go back to; its list of pushes when what is given is none. */
export function returnPath({ tenant }: Access, path: string | null): string {
  const home = `/w/${tenant.slug}/`;
  const safe = safeNext(path, '');
  return safe.startsWith(home) ? safe : `${home}pushes`;
}

/** What a page says after a form about pushes. */
export function pushNotice(done: string | null): string | undefined {
  if (done === 'push-queued')
    return 'The lead is on its way. Its state changes here when the CRM has answered.';
  const [, retried] = /^push-retried-(\d{1,9})$/.exec(done ?? '') ?? [];
  if (retried === undefined) return undefined;
  return retried === '0'
    ? 'Nothing had failed any more.'
    : `${retried === '1' ? 'One failed push is' : `${Number(retried).toLocaleString('en-US')} failed pushes are`} on the way again.`;
}
