import { isAPIError } from 'better-auth/api';
import { parseCookies } from 'better-auth/cookies';
import { and, desc, eq, gt, ne, sql } from 'drizzle-orm';
import { builtOnce } from '../../platform/db/built-once.ts';
import { globalDb } from '../../platform/db/database.ts';
import { Problem } from '../../platform/errors.ts';
import { isId } from '../../platform/id.ts';
import { log } from '../../platform/log.ts';
import { safeReason } from '../../platform/secrets.ts';
import { recordAccountAudit } from '../audit/record.ts';
import { auth } from './auth.ts';
import { sessions, users } from '../../schema/identity.ts';
import { findEnds, isOver, isUseDue, type SessionEnds } from './session-lifetime.ts';
import { formatSetCookie } from './set-cookie.ts';
import { readSignedCookie } from './signed-cookies.ts';
import { isStaff } from './staff.ts';

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

/**
 * The session of the cookies, with Set-Cookie headers when it was extended or has ended. Of a
 * session that is over by session-lifetime.ts, the row is deleted.
 *
 * A live session is found by one statement of ours. Every other cookie is left to better-auth,
 * which keeps the sessions and cleans up behind one that has expired.
 */
export async function readSession(
  client: Headers,
): Promise<{ signedIn: SignedIn | null; cookies: Headers }> {
  const { authCookies } = await auth().$context;
  const { name } = authCookies.sessionToken;
  const header = client.get('cookie') ?? '';
  if (!header.includes(`${name}=`)) return { signedIn: null, cookies: new Headers() };
  const live = await findLive(readSignedCookie(header, name));
  const { response, headers } = live ?? (await fetchSession(client));
  if (response === null) return { signedIn: null, cookies: headers };
  const { user, session } = response;
  // A session may have been opened in the moment in which its account was disabled.
  if (user.disabledAt instanceof Date) return { signedIn: null, cookies: headers };
  const now = new Date();
  const continues = (await isOver(session, now))
    ? await endSession(session.id)
    : !isUseDue(session, now) || (await extendSession(session, now));
  if (!continues || isUseDue(session, now))
    headers.append(
      'set-cookie',
      formatSetCookie(
        authCookies.sessionToken,
        parseCookies(header).get(name) ?? '',
        continues ? undefined : 0,
      ),
    );
  if (!continues) return { signedIn: null, cookies: headers };
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

const selectLive = builtOnce((db) =>
  db
    .select({
      user: {
        id: users.id,
        name: users.name,
        email: users.email,
        twoFactorEnabled: users.twoFactorEnabled,
        disabledAt: users.disabledAt,
      },
      session: {
        id: sessions.id,
        userId: sessions.userId,
        activeOrganizationId: sessions.activeOrganizationId,
        ssoProviderId: sessions.ssoProviderId,
        createdAt: sessions.createdAt,
        updatedAt: sessions.updatedAt,
        expiresAt: sessions.expiresAt,
      },
    })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .where(eq(sessions.token, sql.placeholder('token')))
    .prepare(''),
);

/** The session of a token whose signature is ours, if it has not expired. */
async function findLive(token: string | undefined) {
  if (token === undefined) return undefined;
  const [found] = await selectLive()
    .execute({ token })
    .catch((error: unknown) => {
      const reason = safeReason(error);
      log.error({ event: 'auth.error', reason }, 'The session could not be read');
      throw uncheckedProblem();
    });
  return found === undefined || found.session.expiresAt < new Date()
    ? undefined
    : { response: found, headers: new Headers() };
}

async function fetchSession(client: Headers) {
  try {
    return await auth().api.getSession({ headers: client, returnHeaders: true });
  } catch (error) {
    if (!isAPIError(error)) throw error;
    throw uncheckedProblem();
  }
}

const uncheckedProblem = (): Problem =>
  new Problem(
    'unavailable',
    'Your sign-in could not be checked because the database did not respond. ' +
      'Try again in a minute.',
  );

/** Returns false: the session does not continue. */
async function endSession(id: string): Promise<false> {
  await globalDb().delete(sessions).where(eq(sessions.id, id));
  return false;
}

/** Notes that the session is used. Returns whether it still exists. */
async function extendSession(
  session: { id: string; createdAt: Date },
  now: Date,
): Promise<boolean> {
  const { idle } = findEnds({ ...session, updatedAt: now }, false);
  const extended = await globalDb()
    .update(sessions)
    .set({ updatedAt: now, expiresAt: idle })
    .where(eq(sessions.id, session.id))
    .returning({ id: sessions.id });
  return extended.length > 0;
}

export interface SessionListItem {
  id: string;
  isCurrent: boolean;
  userAgent: string | null;
  ipAddress: string | null;
  createdAt: Date;
  /** To the minute. */
  lastSeenAt: Date;
  ends: SessionEnds;
}

/** Where the user is signed in, newest first. */
export async function listSessions({ user, session }: SignedIn): Promise<SessionListItem[]> {
  const staff = await isStaff(user.id);
  const now = new Date();
  const rows = await globalDb()
    .select()
    .from(sessions)
    .where(and(eq(sessions.userId, user.id), gt(sessions.expiresAt, now)))
    .orderBy(desc(sessions.createdAt));
  return rows
    .map(({ id, userAgent, ipAddress, createdAt, updatedAt }) => ({
      id,
      userAgent,
      ipAddress,
      createdAt,
      lastSeenAt: updatedAt,
      ends: findEnds({ createdAt, updatedAt }, staff),
      isCurrent: id === session.id,
    }))
    .filter(({ ends }) => ends.idle > now);
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
