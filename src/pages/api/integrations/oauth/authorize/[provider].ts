import { beginAttempt } from '#lib/connections/oauth/code-flow/start.ts';
import { apiRoute, requireSignedIn } from '../../../../../middleware/guard.ts';
import { rejectOtherMethods } from '../../../../../middleware/methods.ts';

/** Sends an admin to the sign-in page of a provider, for a sign-in that the connect form began. */
export const GET = apiRoute('admin', async ({ locals, params, url, redirect }, access) => {
  const address = await beginAttempt({
    tenantId: access.tenant.id,
    sessionId: requireSignedIn(locals).session.id,
    providerKey: params['provider'] ?? '',
    signInId: url.searchParams.get('signIn') ?? '',
  });
  return redirect(address, 303);
});
export const ALL = rejectOtherMethods('GET');
