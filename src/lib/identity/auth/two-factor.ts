import { symmetricDecrypt } from 'better-auth/crypto';
import { and, eq } from 'drizzle-orm';
import { z } from 'zod';
import { globalDb } from '../../platform/db/database.ts';
import { Problem } from '../../platform/errors.ts';
import { noteAccountChange } from '../audit/record.ts';
import { confirmPassword, keepOnlySession, withPasswordCheck } from './account.ts';
import { auth } from './auth.ts';
import { toProblem } from './auth-error.ts';
import { currentPasswordField, parseInput } from './input.ts';
import { clearLimit, codeCheck, consumeLimit, totpCode, usedCode } from './limits.ts';
import { notifyOwner } from './notices.ts';
import { twoFactors } from '../../schema/identity.ts';
import type { SignedIn } from './sessions.ts';
import { describeDemands, findTwoFactorDemands } from './two-factor-demand.ts';

const issuer = 'Tributary';
const passwordInput = z.object({ password: currentPasswordField });
const withoutBlanks = z.string().transform((text) => text.replace(/\s/g, ''));
const totpField = withoutBlanks.pipe(z.string().regex(/^\d{6}$/, 'Enter the six digits.'));
const codeInput = z.object({ code: totpField });
const changeInput = passwordInput.extend({
  code: withoutBlanks.pipe(
    z.string().min(6, 'Enter a code from your app, or a backup code.').max(20, 'This is too long.'),
  ),
});

/** What an authenticator app needs. Two-step sign-in stays off until `confirmTwoFactor`. */
export interface TwoFactorSetup {
  /** otpauth:// URI, for a QR code. */
  uri: string;
  /** The same secret in base32, for entering by hand. */
  key: string;
}

/** Starts the setup after checking the password. It replaces a setup that was not confirmed. */
export async function startTwoFactor(
  input: { password: string },
  signedIn: SignedIn,
  client: Headers,
): Promise<TwoFactorSetup> {
  const body = parseInput(passwordInput, input);
  const result = await withPasswordCheck(signedIn, () =>
    auth().api.enableTwoFactor({ body, headers: client }),
  );
  if (!('totpURI' in result)) throw new Error('The setup returned no secret');
  return toSetup(result.totpURI);
}

/** The setup that awaits its first code, so that the page can show it again after a wrong one. */
export async function findPendingSetup({ user }: SignedIn): Promise<TwoFactorSetup | undefined> {
  const [row] = await globalDb()
    .select()
    .from(twoFactors)
    .where(and(eq(twoFactors.userId, user.id), eq(twoFactors.verified, false)));
  if (row === undefined) return undefined;
  const { secretConfig } = await auth().$context;
  const secret = await symmetricDecrypt({ key: secretConfig, data: row.secret });
  const label = `${encodeURIComponent(issuer)}:${encodeURIComponent(user.email)}`;
  const parameters = [
    `secret=${encodeBase32(Buffer.from(secret))}`,
    `issuer=${encodeURIComponent(issuer)}`,
    'digits=6',
    'period=30',
  ];
  return toSetup(`otpauth://totp/${label}?${parameters.join('&')}`);
}

/**
 * Turns on two-step sign-in with a first code. It ends the other sessions, which were opened with
 * only a password. The backup codes are to be shown once.
 */
export async function confirmTwoFactor(
  input: { code: string },
  signedIn: SignedIn,
  client: Headers,
): Promise<{ backupCodes: string[]; cookies: Headers }> {
  const body = parseInput(codeInput, input);
  try {
    const { headers } = await auth().api.verifyTOTP({ body, headers: client, returnHeaders: true });
    await keepOnlySession(headers, signedIn, client);
    await noteAccountChange(signedIn.user, { action: 'two_factor.enabled' });
    notifyOwner(signedIn.user, 'two_factor.enabled');
    const { backupCodes } = await auth().api.viewBackupCodes({
      body: { userId: signedIn.user.id },
    });
    return { backupCodes, cookies: headers };
  } catch (error) {
    throw toProblem(error);
  }
}

/** The password and a code, which every change of two-step sign-in takes while it is on. */
export interface TwoFactorChange {
  password: string;
  /** Of the authenticator app, or a backup code. */
  code: string;
}

/** New backup codes, after checking password and code; the old ones stop working. */
export async function renewBackupCodes(
  input: TwoFactorChange,
  signedIn: SignedIn,
  client: Headers,
): Promise<string[]> {
  const { password, code } = parseInput(changeInput, input);
  await confirmPassword(signedIn.user.id, password);
  await confirmCode(signedIn, code, client);
  const { backupCodes } = await withPasswordCheck(signedIn, () =>
    auth().api.generateBackupCodes({ body: { password }, headers: client }),
  );
  await noteAccountChange(signedIn.user, { action: 'two_factor.codes_renewed' });
  notifyOwner(signedIn.user, 'two_factor.codes_renewed');
  return backupCodes;
}

/**
 * Turns two-step sign-in off, after checking password and code, and ends the other sessions. Throws
 * Problem `conflict` while a workspace demands it of the person, or the agency of its staff.
 */
export async function disableTwoFactor(
  input: TwoFactorChange,
  signedIn: SignedIn,
  client: Headers,
): Promise<Headers> {
  const { password, code } = parseInput(changeInput, input);
  const refusal = describeDemands(await findTwoFactorDemands(signedIn.user.id));
  if (refusal !== undefined)
    throw new Problem('conflict', `Two-step sign-in cannot be turned off: ${refusal}`);
  await confirmPassword(signedIn.user.id, password);
  await confirmCode(signedIn, code, client);
  const { headers } = await withPasswordCheck(signedIn, () =>
    auth().api.disableTwoFactor({ body: { password }, headers: client, returnHeaders: true }),
  );
  await keepOnlySession(headers, signedIn, client);
  await noteAccountChange(signedIn.user, { action: 'two_factor.disabled' });
  notifyOwner(signedIn.user, 'two_factor.disabled');
  return headers;
}

/**
 * Checks a code of a person who is signed in; a backup code is used up. Wrong ones are counted here,
 * because the sign-in library counts them only while signing in.
 */
async function confirmCode({ user }: SignedIn, code: string, client: Headers): Promise<void> {
  if (!user.twoFactorEnabled) throw new Problem('conflict', 'Two-step sign-in is not on.');
  await consumeLimit(codeCheck, user.id, 'There were too many wrong codes.');
  const call = { body: { code }, headers: client } as const;
  try {
    if (/^\d{6}$/.test(code)) {
      await auth().api.verifyTOTP(call);
      await consumeLimit(totpCode, `${user.id}:${code}`, usedCode);
    } else {
      await auth().api.verifyBackupCode(call);
      await noteAccountChange(user, { action: 'two_factor.code_used' });
      notifyOwner(user, 'two_factor.code_used');
    }
  } catch (error) {
    throw toProblem(error);
  }
  await clearLimit(codeCheck, user.id);
}

function toSetup(uri: string): TwoFactorSetup {
  return { uri, key: new URL(uri).searchParams.get('secret') ?? '' };
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** RFC 4648 base32 without padding, as authenticator apps read it. */
function encodeBase32(bytes: Buffer): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{1,5}/g) ?? [])
    .map((chunk) => alphabet[Number.parseInt(chunk.padEnd(5, '0'), 2)])
    .join('');
}
