import { verifyPassword } from 'better-auth/crypto';
import { and, eq } from 'drizzle-orm';
import { z } from 'zod';
import { globalDb } from '../../platform/db/database.ts';
import { Problem } from '../../platform/errors.ts';
import { noteAccountChange, recordAccountAudit } from '../audit/record.ts';
import { auth } from './auth.ts';
import { toProblem } from './auth-error.ts';
import { createDeviceCookie } from './device-cookie.ts';
import {
  fieldProblem,
  currentPasswordField,
  nameField,
  newPasswordField,
  parseInput,
} from './input.ts';
import { clearLimit, consumeLimit, passwordCheck } from './limits.ts';
import { notifyOwner } from './notices.ts';
import { requireStrongPassword } from './password-strength.ts';
import { accounts, users, verifications } from '../../schema/identity.ts';
import {
  revokeOtherSessions,
  readSessionFromCookies,
  setActiveTenant,
  type SignedIn,
} from './sessions.ts';

const passwordChange = z.object({ password: currentPasswordField, newPassword: newPasswordField });

/**
 * Changes the password after checking the current one. Every other session ends. The caller's own
 * session continues under a new token in the returned cookies, so a copied cookie becomes useless.
 */
export async function changePassword(
  input: { password: string; newPassword: string },
  signedIn: SignedIn,
  client: Headers,
): Promise<Headers> {
  const { password, newPassword } = parseInput(passwordChange, input);
  if (password === newPassword)
    throw fieldProblem(
      'bad_request',
      'newPassword',
      'Choose a password that differs from the current one.',
    );
  const { email, name } = signedIn.user;
  await requireStrongPassword('newPassword', newPassword, [email, name]);
  const cookies = await withPasswordCheck(signedIn, async () => {
    const body = { currentPassword: password, newPassword, revokeOtherSessions: true };
    return (await auth().api.changePassword({ body, headers: client, returnHeaders: true }))
      .headers;
  });
  await globalDb().delete(verifications).where(eq(verifications.value, signedIn.user.id));
  await keepOnlySession(cookies, signedIn, client);
  const { createAuthCookie } = await auth().$context;
  // The old one ended with the old password.
  const device = await createDeviceCookie(createAuthCookie, client, signedIn.user.id);
  if (device !== undefined) cookies.append('set-cookie', device);
  await noteAccountChange(signedIn.user, { action: 'password.changed' });
  notifyOwner(signedIn.user, 'password.changed');
  return cookies;
}

/**
 * Checks the password of a person who is signed in, before something that a session alone must not
 * allow. Throws Problem `bad_request` for a wrong one, and `rate_limited` after too many.
 */
export async function confirmPassword(userId: string, password: string): Promise<void> {
  const input = parseInput(z.object({ password: currentPasswordField }), { password });
  await withPasswordCheck({ user: { id: userId } }, async () => {
    const [account] = await globalDb()
      .select({ hash: accounts.password })
      .from(accounts)
      .where(and(eq(accounts.userId, userId), eq(accounts.providerId, 'credential')));
    if (typeof account?.hash !== 'string')
      throw fieldProblem(
        'bad_request',
        'password',
        'Your account has no password yet. Set one with “Forgot your password?”.',
      );
    if (!(await verifyPassword({ hash: account.hash, password: input.password })))
      throw fieldProblem('bad_request', 'password', 'This is not your current password.');
  });
}

/** Runs work that checks the user's password, and limits wrong attempts. */
export async function withPasswordCheck<T>(
  signedIn: { user: { id: string } },
  work: () => Promise<T>,
): Promise<T> {
  await consumeLimit(passwordCheck, signedIn.user.id, 'There were too many wrong passwords.');
  try {
    const result = await work();
    await clearLimit(passwordCheck, signedIn.user.id);
    return result;
  } catch (error) {
    throw toProblem(error);
  }
}

/** After a session got a new token, ends all others and keeps the workspace that was active. */
export async function keepOnlySession(
  cookies: Headers,
  before: SignedIn,
  client: Headers,
): Promise<void> {
  const fresh = await readSessionFromCookies(cookies, client);
  await revokeOtherSessions(fresh);
  if (before.session.activeTenantId !== null)
    await setActiveTenant(fresh.session.id, before.session.activeTenantId);
}

const profile = z.object({ name: nameField });

export async function changeName(input: { name: string }, userId: string): Promise<void> {
  const { name } = parseInput(profile, input);
  await globalDb().transaction(async (tx) => {
    const [before] = await tx.select().from(users).where(eq(users.id, userId)).for('update');
    if (before === undefined) throw new Problem('not_found', 'There is no such account.');
    await tx.update(users).set({ name, updatedAt: new Date() }).where(eq(users.id, userId));
    await recordAccountAudit(tx, before, {
      action: 'account.renamed',
      before: { name: before.name },
      after: { name },
    });
  });
}
