import type { APIRoute } from 'astro';
import { parseState } from '#lib/connections/oauth/code-flow/attempt.ts';
import { finishAttempt } from '#lib/connections/oauth/code-flow/finish.ts';
import { requireReturnAccess, requireSignedIn } from '../../../../../middleware/guard.ts';
import { rejectOtherMethods } from '../../../../../middleware/methods.ts';

/** Where a provider sends people back to: connects the account, or tells on its page why not. */
export const GET: APIRoute = async (context) => {
  const { locals, params, url, redirect } = context;
  const { tenantId = '' } = parseState(url.searchParams.get('state') ?? '') ?? {};
  const { tenant, user } = await requireReturnAccess(context, tenantId, 'admin');
  const { id, isConnected } = await finishAttempt({
    tenantId: tenant.id,
    userId: user.id,
    sessionId: requireSignedIn(locals).session.id,
    providerKey: params['provider'] ?? '',
    search: url.search,
  });
  const settings = `/w/${tenant.slug}/settings`;
  return redirect(
    isConnected ? `${settings}/connections?done=connect` : `${settings}/consents/${id}`,
    303,
  );
};
export const ALL = rejectOtherMethods('GET');
