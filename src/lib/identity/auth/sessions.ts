import { isAPIError } from 'better-auth/api';
import { and, desc, eq, gt, ne } from 'drizzle-orm';
import { globalDb } from '../../platform/db/database.ts';
import { Problem } from '../../platform/errors.ts';
import { isId } from '../../platform/id.ts';
import { recordAccountAudit } from '../audit/record.ts';
import { auth } from './auth.ts';
import { sessions } from '../../schema/identity.ts';

interface CurrentUser {
  id: string;
  name: string;
  email: string;
  twoFactorEnabled: boolean;
  /** The identity provider that signed the person in for this session; null after a password. */
  ssoProviderId: string | null;
}

interface CurrentSession {
  id: string;
  activeTenantId: string | null;
  expiresAt: Date;
}

export interface SignedIn {
  user: CurrentUser;
  session: CurrentSession;
}

/** The session of the cookies, with Set-Cookie headers when it was extended or has ended. */
export async function readSession(
  client: Headers,
): Promise<{ signedIn: SignedIn | null; cookies: Headers }> {
  const { authCookies } = await auth().$context;
  const sent = (client.get('cookie') ?? '').includes(`${authCookies.sessionToken.name}=`);
  if (!sent) return { signedIn: null, cookies: new Headers() };
  const { response, headers } = await fetchSession(client);
  if (response === null) return { signedIn: null, cookies: headers };
  const { user, session } = response;
  return {
    signedIn: {
      user: {
        id: user.id,
        name: user.name,
        email: user.email,
        twoFactorEnabled: user.twoFactorEnabled === true,
        ssoProviderId: session.ssoProviderId ?? null,
      },
      session: {
        id: session.id,
        activeTenantId: session.activeOrganizationId ?? null,
        expiresAt: session.expiresAt,
      },
    },
    cookies: headers,
  };
}

async function fetchSession(client: Headers) {
  try {
    return await auth().api.getSession({ headers: client, returnHeaders: true });
  } catch (error) {
    if (!isAPIError(error)) throw error;
    // The session ended between being read and being extended.
    if (error.statusCode === 401) return { response: null, headers: new Headers() };
    throw new Problem(
      'unavailable',
      'Your sign-in could not be checked because the database did not respond. ' +
        'Try again in a minute.',
    );
  }
}

export interface SessionListItem {
  id: string;
  isCurrent: boolean;
  userAgent: string | null;
  ipAddress: string | null;
  createdAt: Date;
  lastSeenAt: Date;
}

/** Where the user is signed in, newest first. */
export async function listSessions({ user, session }: SignedIn): Promise<SessionListItem[]> {
  const rows = await globalDb()
    .select()
    .from(sessions)
    .where(and(eq(sessions.userId, user.id), gt(sessions.expiresAt, new Date())))
    .orderBy(desc(sessions.createdAt));
  return rows.map(({ id, userAgent, ipAddress, createdAt, updatedAt }) => ({
    id,
    userAgent,
    ipAddress,
    createdAt,
    lastSeenAt: updatedAt,
    isCurrent: id === session.id,
  }));
}

/** Ends one session of the user. Sessions of other users are treated as if they did not exist. */
export async function revokeSession(
  { user }: Pick<SignedIn, 'user'>,
  sessionId: string,
): Promise<void> {
  await globalDb().transaction(async (tx) => {
    const deleted = isId(sessionId)
      ? await tx
          .delete(sessions)
          .where(and(eq(sessions.id, sessionId), eq(sessions.userId, user.id)))
          .returning({ id: sessions.id })
      : [];
    if (deleted.length === 0) throw new Problem('not_found', 'This session has already ended.');
    await recordAccountAudit(tx, user, {
      action: 'session.revoked',
      target: { type: 'session', id: sessionId },
    });
  });
}

export async function revokeOtherSessions({ user, session }: SignedIn): Promise<void> {
  await globalDb().transaction(async (tx) => {
    const ended = await tx
      .delete(sessions)
      .where(and(eq(sessions.userId, user.id), ne(sessions.id, session.id)))
      .returning({ id: sessions.id });
    if (ended.length > 0)
      await recordAccountAudit(tx, user, {
        action: 'session.revoked_others',
        after: { sessions: ended.length },
      });
  });
}

/**
 * Sets the tenant for short paths and for API requests without `?tenant=`. The caller has checked
 * access.
 */
export async function setActiveTenant(sessionId: string, tenantId: string): Promise<void> {
  await globalDb()
    .update(sessions)
    .set({ activeOrganizationId: tenantId })
    .where(eq(sessions.id, sessionId));
}

/** The session that belongs to cookies which were just set. */
export async function readSessionFromCookies(cookies: Headers, client: Headers): Promise<SignedIn> {
  const fresh = new Headers(client);
  fresh.set(
    'cookie',
    cookies
      .getSetCookie()
      .map((cookie) => cookie.split(';', 1)[0])
      .join('; '),
  );
  const { signedIn } = await readSession(fresh);
  if (signedIn === null) throw new Error('The new session cannot be read back');
  return signedIn;
}
