import { APIError, createAuthMiddleware, isAPIError } from 'better-auth/api';
import { Problem } from '../../platform/errors.ts';
import { readAddress } from './client.ts';
import { recordSignIn } from './sign-in-audit.ts';
import {
  clearLimit,
  consumeLimit,
  refundLimit,
  signInByAccount,
  signInByAddress,
  totpCode,
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
  if (ctx.path !== '/sign-in/email' || isAPIError(ctx.context.returned)) return;
  await clearLimit(signInByAccount, readBodyField(ctx, 'email') ?? '');
  await refundLimit(signInByAddress, readAddress(getHeaders(ctx)));
});

async function countSignIn(ctx: Context): Promise<void> {
  await enforceLimit(
    signInByAddress,
    readAddress(getHeaders(ctx)),
    'There were too many wrong sign-ins from your network.',
  );
  await enforceLimit(
    signInByAccount,
    readBodyField(ctx, 'email') ?? '',
    'There were too many wrong passwords for this account.',
  );
}

async function rejectUsedCode(ctx: Context): Promise<void> {
  const userId = await findChallengedUser(ctx);
  const code = readBodyField(ctx, 'code');
  if (userId === undefined || code === undefined) return;
  await enforceLimit(
    totpCode,
    `${userId}:${code}`,
    'This code was already used. Wait for the next one.',
  );
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

async function enforceLimit(limit: Limit, key: string, message: string): Promise<void> {
  try {
    await consumeLimit(limit, key, message);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const { retryAfter } = error.details as { retryAfter: number };
    throw new APIError(
      'TOO_MANY_REQUESTS',
      { code: 'RATE_LIMITED', message: error.message, retryAfter },
      { 'Retry-After': String(retryAfter) },
    );
  }
}

const getHeaders = (ctx: Context): Headers => ctx.headers ?? ctx.request?.headers ?? new Headers();

function readBodyField(ctx: Context, name: string): string | undefined {
  const body: unknown = ctx.body;
  if (typeof body !== 'object' || body === null) return undefined;
  const value: unknown = Reflect.get(body, name);
  return value === undefined ? undefined : String(value);
}
