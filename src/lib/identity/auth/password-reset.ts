import { randomBytes } from 'node:crypto';
import { hashPassword } from 'better-auth/crypto';
import { and, eq, isNull } from 'drizzle-orm';
import { z } from 'zod';
import { requireMail, sendMailLater } from '../../platform/mail/mailer.ts';
import { resetMail } from '../../platform/mail/templates.ts';
import { globalDb } from '../../platform/db/database.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { Problem } from '../../platform/errors.ts';
import { newId } from '../../platform/id.ts';
import { noteAccountChange, recordAccountAudit } from '../audit/record.ts';
import { auth, resetLifetimeSeconds } from './auth.ts';
import { readNetwork } from './client.ts';
import { createDeviceCookie } from './device-cookie.ts';
import { emailField, newPasswordField, parseInput } from './input.ts';
import {
  clearLimit,
  consumeLimit,
  resetByAccount,
  resetByAddress,
  signInByAccount,
  tokenByAddress,
} from './limits.ts';
import { requireStrongPassword } from './password-strength.ts';
import { notifyOwner } from './notices.ts';
import { publicUrl } from './public-url.ts';
import { accounts, sessions, users, verifications } from '../../schema/identity.ts';

const requestInput = z.object({ email: emailField });

/**
 * Mails a link for setting a new password. The result and its timing are the same whether or not
 * the account exists. Throws Problem `rate_limited`, or `unavailable` when the server cannot send
 * mail. A disabled account gets none.
 */
export async function requestPasswordReset(
  input: { email: string },
  client: Headers,
): Promise<void> {
  const { email } = parseInput(requestInput, input);
  requireMail();
  await consumeLimit(
    resetByAddress,
    readNetwork(client),
    'There were too many requests from your network.',
  );
  await consumeLimit(resetByAccount, email, 'There were too many requests for this address.');
  const [user] = await globalDb()
    .select({ id: users.id })
    .from(users)
    .where(and(eq(users.email, email), isNull(users.disabledAt)));
  // Also created when there is no such user, so that the timing reveals nothing.
  const link = await createResetLink(user?.id ?? newId(), resetLifetimeSeconds);
  if (user === undefined) return;
  await noteAccountChange({ id: user.id, email }, { action: 'password.reset_requested' });
  sendMailLater(email, resetMail(link, resetLifetimeSeconds / 60));
}

const resetInput = z.object({ token: z.string().min(1), password: newPasswordField });

/**
 * Sets a new password with the token of a link, which can be used once. It ends every session and
 * every other link of the user, and opens no session, so two-step sign-in still applies. The
 * cookies carry a device cookie: whoever reads the person's mail can sign in even while strangers
 * keep the account at its limits.
 */
export async function resetPassword(
  input: { token: string; password: string },
  client: Headers,
): Promise<{ email: string; cookies: Headers }> {
  const { token, password } = parseInput(resetInput, input);
  if (!(await isResetTokenValid(token, client))) throw invalidLink();
  const { internalAdapter, createAuthCookie } = await auth().$context;
  // Before the token is used up, so that the link still serves for a better password.
  await requireStrongPassword('password', password, await readWordsOf(token));
  const consumed = await internalAdapter.consumeVerificationValue(toIdentifier(token));
  const passwordHash = await hashPassword(password);
  const email =
    consumed &&
    (await globalDb().transaction((tx) => replacePassword(tx, consumed.value, passwordHash)));
  if (!email) throw invalidLink();
  await clearLimit(signInByAccount, email);
  notifyOwner({ id: consumed.value, email }, 'password.reset');
  const cookies = new Headers();
  const device = await createDeviceCookie(createAuthCookie, client, consumed.value);
  if (device !== undefined) cookies.append('set-cookie', device);
  return { email, cookies };
}

/** The name and address of the person whom a link is for; none when it is not valid. */
async function readWordsOf(token: string): Promise<string[]> {
  const { internalAdapter } = await auth().$context;
  const found = await internalAdapter.findVerificationValue(toIdentifier(token));
  if (!found) return [];
  const [user] = await globalDb()
    .select({ email: users.email, name: users.name })
    .from(users)
    .where(eq(users.id, found.value));
  return user === undefined ? [] : [user.email, user.name];
}

/**
 * Whether a link is still valid, so that its page can say so before a password is entered. Throws
 * Problem `rate_limited` after too many wrong tokens from one network; a right one is never refused.
 */
export async function isResetTokenValid(token: string, client: Headers): Promise<boolean> {
  const { internalAdapter } = await auth().$context;
  const found = await internalAdapter.findVerificationValue(toIdentifier(token));
  if (found !== null && found !== undefined && found.expiresAt > new Date()) return true;
  await consumeLimit(
    tokenByAddress,
    readNetwork(client),
    'There were too many attempts from your network.',
  );
  return false;
}

/** A link for setting a password. Only a hash of its token is stored. */
export async function createResetLink(userId: string, lifetimeSeconds: number): Promise<string> {
  const token = randomBytes(32).toString('base64url');
  const { internalAdapter } = await auth().$context;
  await internalAdapter.createVerificationValue({
    identifier: toIdentifier(token),
    value: userId,
    expiresAt: new Date(Date.now() + lifetimeSeconds * 1000),
  });
  return publicUrl(`/reset-password?token=${token}`);
}

/**
 * Stores the hash and ends all sessions and links of the user. Returns the user's address;
 * undefined when there is no such user, or the account is disabled.
 */
async function replacePassword(
  tx: Tx,
  userId: string,
  passwordHash: string,
): Promise<string | undefined> {
  const [user] = await tx
    .select({ email: users.email })
    .from(users)
    .where(and(eq(users.id, userId), isNull(users.disabledAt)))
    .for('update');
  if (user === undefined) return undefined;
  const changed = await tx
    .update(accounts)
    .set({ password: passwordHash, updatedAt: new Date() })
    .where(and(eq(accounts.userId, userId), eq(accounts.providerId, 'credential')))
    .returning({ id: accounts.id });
  if (changed.length === 0) {
    await tx.insert(accounts).values({
      id: newId(),
      userId,
      providerId: 'credential',
      accountId: userId,
      password: passwordHash,
    });
  }
  await tx.delete(sessions).where(eq(sessions.userId, userId));
  await tx.delete(verifications).where(eq(verifications.value, userId));
  await recordAccountAudit(
    tx,
    { id: userId, email: user.email },
    { action: 'password.reset', actor: { kind: 'user', id: userId, label: user.email } },
  );
  return user.email;
}

const toIdentifier = (token: string): string => `reset-password:${token}`;

function invalidLink(): Problem {
  return new Problem(
    'bad_request',
    'This link has expired or was already used. Ask for a new one.',
    { invalidLink: true },
  );
}
