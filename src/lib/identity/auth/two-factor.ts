import { symmetricDecrypt } from 'better-auth/crypto';
import { and, eq } from 'drizzle-orm';
import { z } from 'zod';
import { globalDb } from '../../platform/db/database.ts';
import { keepOnlySession, withPasswordCheck } from './account.ts';
import { noteAccountChange } from '../audit/record.ts';
import { auth } from './auth.ts';
import { toProblem } from './auth-error.ts';
import { currentPasswordField, parseInput } from './input.ts';
import { twoFactors } from '../../schema/identity.ts';
import type { SignedIn } from './sessions.ts';

const issuer = 'Tributary';
const passwordInput = z.object({ password: currentPasswordField });
const codeInput = z.object({
  code: z
    .string()
    .transform((text) => text.replace(/\s/g, ''))
    .pipe(z.string().regex(/^\d{6}$/, 'Enter the six digits.')),
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
    const { backupCodes } = await auth().api.viewBackupCodes({
      body: { userId: signedIn.user.id },
    });
    return { backupCodes, cookies: headers };
  } catch (error) {
    throw toProblem(error);
  }
}

/** New backup codes; the old ones stop working. */
export async function renewBackupCodes(
  input: { password: string },
  signedIn: SignedIn,
  client: Headers,
): Promise<string[]> {
  const body = parseInput(passwordInput, input);
  const { backupCodes } = await withPasswordCheck(signedIn, () =>
    auth().api.generateBackupCodes({ body, headers: client }),
  );
  await noteAccountChange(signedIn.user, { action: 'two_factor.codes_renewed' });
  return backupCodes;
}

/** Turns two-step sign-in off after checking the password. */
export async function disableTwoFactor(
  input: { password: string },
  signedIn: SignedIn,
  client: Headers,
): Promise<Headers> {
  const body = parseInput(passwordInput, input);
  const { headers } = await withPasswordCheck(signedIn, () =>
    auth().api.disableTwoFactor({ body, headers: client, returnHeaders: true }),
  );
  await noteAccountChange(signedIn.user, { action: 'two_factor.disabled' });
  return headers;
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
