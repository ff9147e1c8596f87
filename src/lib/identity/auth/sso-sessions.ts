import type { BetterAuthPlugin } from 'better-auth';
import { createAuthEndpoint } from 'better-auth/api';
import { setSessionCookie } from 'better-auth/cookies';
import { z } from 'zod';

const opened = z.object({ userId: z.string(), providerId: z.string(), tenantId: z.string() });
const attempt = z.object({ secret: z.string(), maxAge: z.number() });

/** Name of the cookie that ties a single sign-on to the browser that began it. */
export const attemptCookie = 'sso_attempt';

/**
 * Gives better-auth sessions that know which identity provider signed the person in, and the cookie
 * of an attempt. The endpoints have no path: only our own code can call them
 * (docs/decisions/0030-openid-connect-with-a-client-of-its-own.md).
 */
export const ssoSessions = {
  id: 'sso-sessions',
  schema: {
    session: { fields: { ssoProviderId: { type: 'string', required: false, input: false } } },
  },
  endpoints: {
    openSsoSession: createAuthEndpoint({ method: 'POST', body: opened }, async (ctx) => {
      const { userId, providerId, tenantId } = ctx.body;
      const { internalAdapter } = ctx.context;
      const user = await internalAdapter.findUserById(userId);
      if (user === null) throw new Error('The account was deleted during the sign-in');
      const session = await internalAdapter.createSession(userId, false, {
        ssoProviderId: providerId,
        activeOrganizationId: tenantId,
      });
      await setSessionCookie(ctx, { session, user });
      return { sessionId: session.id };
    }),
    startSsoAttempt: createAuthEndpoint({ method: 'POST', body: attempt }, async (ctx) => {
      const { secret, maxAge } = ctx.body;
      const cookie = ctx.context.createAuthCookie(attemptCookie, { maxAge });
      ctx.setCookie(cookie.name, secret, cookie.attributes);
      return {};
    }),
    endSsoAttempt: createAuthEndpoint({ method: 'POST' }, async (ctx) => {
      const cookie = ctx.context.createAuthCookie(attemptCookie, { maxAge: 0 });
      ctx.setCookie(cookie.name, '', cookie.attributes);
      return {};
    }),
  },
} satisfies BetterAuthPlugin;
