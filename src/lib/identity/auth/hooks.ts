import { APIError, createAuthMiddleware, isAPIError } from 'better-auth/api';
import { readNetwork } from './client.ts';
import { createDeviceCookie, findDevice } from './device-cookie.ts';
import { notifyOwner } from './notices.ts';
import { recordLockout, recordSignIn } from './sign-in-audit.ts';
import {
  clearLimit,
  countUse,
  formatWait,
  refundLimit,
  signInByAccount,
  signInByDevice,
  signInByNetwork,
  signInByNetworkAndAccount,
  totpCode,
  usedCode,
  type Limit,
} from './limits.ts';

type Context = Parameters<Parameters<typeof createAuthMiddleware>[0]>[0];

/*
 * The limits are in hooks because hooks run for every call: those from pages, which better-auth
 * does not limit, and requests to its HTTP endpoints.
 */
export const beforeEndpoint = createAuthMiddleware(async (given) => {
  const ctx = { ...given, body: trimEmail(given.body) };
  if (ctx.path === '/sign-in/email') await countSignIn(ctx);
  if (ctx.path === '/two-factor/verify-totp') await rejectUsedCode(ctx);
  // A trusted device would skip the second step, even after a password reset.
  if (readBodyField(ctx, 'trustDevice') !== undefined)
    throw new APIError('BAD_REQUEST', { message: 'Devices cannot be trusted.' });
  // Anything returned makes better-auth merge the whole context anew.
  return ctx.body === given.body ? undefined : { context: { body: ctx.body } };
});

/** The body with the e-mail address trimmed: people paste it with blanks around it. */
function trimEmail(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || !('email' in body)) return body;
  const { email } = body;
  return typeof email === 'string' && email !== email.trim()
    ? { ...body, email: email.trim() }
    : body;
}

export const afterEndpoint = createAuthMiddleware(async (ctx) => {
  await recordSignIn(ctx, await findChallengedAccount(ctx));
  if (isAPIError(ctx.context.returned)) return;
  if (ctx.path === '/sign-in/email') await forgetWrongPasswords(ctx);
  if (signInPaths.includes(ctx.path)) await rememberDevice(ctx);
});

/** The endpoints that end in a session after a password. */
const signInPaths = ['/sign-in/email', '/two-factor/verify-totp', '/two-factor/verify-backup-code'];

/**
 * Counts an attempt for the limits, before its password is checked. One with a device cookie counts
 * for that cookie alone.
 */
async function countSignIn(ctx: Context): Promise<void> {
  const { email, network, device } = await readAttempt(ctx);
  if (device !== undefined && (await countUse(signInByDevice, device)).retryAfter === 0) return;
  await enforceLimit(
    signInByNetworkAndAccount,
    `${network} ${email}`,
    'There were too many wrong passwords for this account from your network.',
    () => recordLockout({ email, network }),
  );
  await enforceLimit(
    signInByNetwork,
    network,
    'There were too many wrong sign-ins from your network.',
    () => recordLockout({ network }),
  );
  await enforceLimit(
    signInByAccount,
    email,
    'There were too many wrong passwords for this account. ' +
      'You can set a new password with "Forgot your password?" and sign in at once.',
    () => recordLockout({ email }),
  );
}

/**
 * The right password came: takes back what this person mistyped, and nothing of what others tried.
 * An attempt with a device cookie counted only there.
 */
async function forgetWrongPasswords(ctx: Context): Promise<void> {
  const { email, network, device } = await readAttempt(ctx);
  if (device !== undefined) {
    await clearLimit(signInByDevice, device);
    return;
  }
  const mistyped = await clearLimit(signInByNetworkAndAccount, `${network} ${email}`);
  await refundLimit(signInByNetwork, network, mistyped);
  await refundLimit(signInByAccount, email, mistyped);
}

async function readAttempt(ctx: Context) {
  const email = readBodyField(ctx, 'email') ?? '';
  const headers = getHeaders(ctx);
  const device = await findDevice(ctx.context.createAuthCookie, headers, email);
  return { email, network: readNetwork(headers), device };
}

/**
 * Gives the browser a device cookie once it has passed every step of signing in. One that had none
 * for this account is new to its owner, who is told.
 */
async function rememberDevice(ctx: Context): Promise<void> {
  const opened = ctx.context.newSession;
  // The second step is still to come: this session ends before it is handed out.
  const isPending = ctx.path === '/sign-in/email' && opened?.user['twoFactorEnabled'] === true;
  if (!opened || isPending) return;
  const { createAuthCookie, session } = ctx.context;
  const isKnown = await findDevice(createAuthCookie, getHeaders(ctx), opened.user.email);
  if (isKnown === undefined && !session) notifyOwner(opened.user, 'sign_in.new_browser');
  const cookie = await createDeviceCookie(createAuthCookie, getHeaders(ctx), opened.user.id);
  if (cookie !== undefined) ctx.responseHeaders.append('set-cookie', cookie);
}

async function rejectUsedCode(ctx: Context): Promise<void> {
  const userId = await findChallengedUser(ctx);
  const code = readBodyField(ctx, 'code');
  if (userId === undefined || code === undefined) return;
  await enforceLimit(totpCode, `${userId}:${code}`, usedCode);
}

/** The user who has entered the password but not yet completed the second step. */
async function findChallengedUser(ctx: Context): Promise<string | undefined> {
  const cookie = ctx.context.createAuthCookie('two_factor');
  const challenge = await ctx.getSignedCookie(cookie.name, ctx.context.secret);
  if (!challenge) return undefined;
  return (await ctx.context.internalAdapter.findVerificationValue(challenge))?.value;
}

async function findChallengedAccount(ctx: Context) {
  if (ctx.path?.startsWith('/two-factor/verify-') !== true) return undefined;
  const userId = await findChallengedUser(ctx);
  return userId === undefined
    ? undefined
    : ((await ctx.context.internalAdapter.findUserById(userId)) ?? undefined);
}

/**
 * `onRefusal` runs for the first attempt that is refused in a window, not for the flood after it.
 */
async function enforceLimit(
  limit: Limit,
  key: string,
  message: string,
  onRefusal?: () => Promise<void>,
): Promise<void> {
  const { retryAfter, isFirstRefusal } = await countUse(limit, key);
  if (retryAfter === 0) return;
  if (isFirstRefusal) await onRefusal?.();
  throw new APIError(
    'TOO_MANY_REQUESTS',
    { code: 'RATE_LIMITED', message: `${message} ${formatWait(retryAfter)}`, retryAfter },
    { 'Retry-After': String(retryAfter) },
  );
}

const getHeaders = (ctx: Context): Headers => ctx.headers ?? ctx.request?.headers ?? new Headers();

function readBodyField(ctx: Context, name: string): string | undefined {
  const body: unknown = ctx.body;
  if (typeof body !== 'object' || body === null) return undefined;
  const value: unknown = Reflect.get(body, name);
  return value === undefined ? undefined : String(value);
}
