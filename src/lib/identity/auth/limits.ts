import { eq, lt, sql } from 'drizzle-orm';
import { globalDb } from '../../platform/db/database.ts';
import { Problem } from '../../platform/errors.ts';
import { newId } from '../../platform/id.ts';
import { rateLimits } from '../../schema/identity.ts';

/** At most `max` uses of a key in a window that opens with the first use. */
export interface Limit {
  name: string;
  max: number;
  windowSeconds: number;
}

const minuteSeconds = 60;

/*
 * Wrong passwords of browsers without a device cookie (device-cookie.ts), from the narrowest limit
 * to the widest. An attempt that one of them refuses does not count for the next, so nobody uses up
 * the wider ones with attempts that were never checked. A network is what `readNetwork` says.
 */

/** For one account from one network. A successful sign-in clears the count. */
export const signInByNetworkAndAccount: Limit = {
  name: 'sign-in:network-account',
  max: 10,
  windowSeconds: 15 * minuteSeconds,
};
/** For any account from one network. Higher, because an office shares one address. */
export const signInByNetwork: Limit = {
  name: 'sign-in:network',
  max: 50,
  windowSeconds: 15 * minuteSeconds,
};
/**
 * For one account from all networks together: NIST SP 800-63B (revision 3), section 5.2.2,
 * allows at most 100 failed attempts in a row.
 */
export const signInByAccount: Limit = {
  name: 'sign-in:account',
  max: 100,
  windowSeconds: 60 * minuteSeconds,
};
/** Wrong passwords with one device cookie; further attempts count like those without one. */
export const signInByDevice: Limit = {
  name: 'sign-in:device',
  max: 10,
  windowSeconds: 15 * minuteSeconds,
};
/** Wrong current passwords entered within a session. */
export const passwordCheck: Limit = {
  name: 'password-check',
  max: 10,
  windowSeconds: 15 * minuteSeconds,
};
/** Wrong codes entered within a session, which the sign-in library does not count. */
export const codeCheck: Limit = {
  name: 'code-check',
  max: 10,
  windowSeconds: 15 * minuteSeconds,
};
export const resetByAccount: Limit = {
  name: 'reset:account',
  max: 5,
  windowSeconds: 60 * minuteSeconds,
};
export const resetByAddress: Limit = {
  name: 'reset:address',
  max: 30,
  windowSeconds: 60 * minuteSeconds,
};
/** Single sign-ons that were begun or came back, and opened no session. */
export const ssoByAddress: Limit = {
  name: 'sso:address',
  max: 300,
  windowSeconds: 15 * minuteSeconds,
};
/** Wrong tokens of links; a right one is never refused. */
export const tokenByAddress: Limit = {
  name: 'token:address',
  max: 60,
  windowSeconds: 15 * minuteSeconds,
};
export const invitesByTenant: Limit = {
  name: 'invite:tenant',
  max: 100,
  windowSeconds: 60 * minuteSeconds,
};
/**
 * One use of each code, as RFC 6238, section 5.2 requires. The window is longer than the 90 seconds
 * for which a code is accepted, including the periods before and after its own.
 */
export const totpCode: Limit = { name: 'totp:code', max: 1, windowSeconds: 120 };
export const usedCode = 'This code was already used. Wait for the next one.';

/** The longest window of any limit, here or in better-auth. */
const maxWindowMs = 24 * 60 * minuteSeconds * 1000;

/**
 * Counts one use of `key`. Throws Problem `rate_limited`, with `details.retryAfter` in seconds,
 * when there were too many.
 */
export async function consumeLimit(
  limit: Limit,
  key: string,
  message = 'There were too many attempts.',
): Promise<void> {
  const { retryAfter } = await countUse(limit, key);
  if (retryAfter > 0)
    throw new Problem('rate_limited', `${message} ${formatWait(retryAfter)}`, { retryAfter });
}

interface Use {
  /** Seconds for which it is to be refused; 0 while there were not too many. */
  retryAfter: number;
  /** Whether this is the first use of the window that is refused. */
  isFirstRefusal: boolean;
}

/**
 * Counts one use of `key`. A single statement counts and decides, so parallel attempts cannot slip
 * through.
 */
export async function countUse(limit: Limit, key: string): Promise<Use> {
  const now = Date.now();
  const windowMs = limit.windowSeconds * 1000;
  const isExpired = sql`${rateLimits.lastRequest} <= ${now - windowMs}`;
  const [row] = await globalDb()
    .insert(rateLimits)
    .values({ id: newId(), key: toLimitKey(limit, key), count: 1, lastRequest: now })
    .onConflictDoUpdate({
      target: rateLimits.key,
      set: {
        count: sql`case when ${isExpired} then 1 else ${rateLimits.count} + 1 end`,
        lastRequest: sql`case when ${isExpired} then ${now} else ${rateLimits.lastRequest} end`,
      },
    })
    .returning({ count: rateLimits.count, openedAt: rateLimits.lastRequest });
  if (row === undefined || row.count <= limit.max) return { retryAfter: 0, isFirstRefusal: false };
  return {
    retryAfter: Math.max(1, Math.ceil((row.openedAt + windowMs - now) / 1000)),
    isFirstRefusal: row.count === limit.max + 1,
  };
}

/** Takes back counted uses, for attempts that turned out to be valid. */
export async function refundLimit(limit: Limit, key: string, uses: number): Promise<void> {
  await globalDb()
    .update(rateLimits)
    .set({ count: sql`greatest(${rateLimits.count} - ${uses}::int, 0)` })
    .where(eq(rateLimits.key, toLimitKey(limit, key)));
}

/** Forgets the uses of `key`. Returns how many there were. */
export async function clearLimit(limit: Limit, key: string): Promise<number> {
  const [cleared] = await globalDb()
    .delete(rateLimits)
    .where(eq(rateLimits.key, toLimitKey(limit, key)))
    .returning({ count: rateLimits.count });
  return cleared?.count ?? 0;
}

/** Deletes counts whose window has ended. */
export async function pruneLimits(now: Date): Promise<void> {
  await globalDb()
    .delete(rateLimits)
    .where(lt(rateLimits.lastRequest, now.getTime() - maxWindowMs));
}

function toLimitKey(limit: Limit, key: string): string {
  // Keys contain what people typed, and PostgreSQL accepts no NUL in text.
  return `${limit.name}:${key.toLowerCase().replaceAll('\0', '').slice(0, 320)}`;
}

/** Shorter waits are shown in seconds, longer ones in minutes. */
const secondsShownBelow = 90;

/** When to try again, as the end of a message. */
export function formatWait(seconds: number): string {
  if (seconds < secondsShownBelow) return `Try again in ${seconds} seconds.`;
  return `Try again in ${Math.ceil(seconds / 60)} minutes.`;
}
