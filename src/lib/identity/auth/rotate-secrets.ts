import { symmetricDecrypt, symmetricEncrypt } from 'better-auth/crypto';
import { and, eq } from 'drizzle-orm';
import { config } from '../../platform/config.ts';
import { globalDb } from '../../platform/db/database.ts';
import { log } from '../../platform/log.ts';
import { twoFactors, users } from '../../schema/identity.ts';
import { auth } from './auth.ts';

/** How one secret of AUTH_SECRET is used, by its number; 0 also stands for one without a number. */
export interface AuthSecretUse {
  version: number;
  /** newest: signs and encrypts; opens: only checks and decrypts; withdrawn: no longer there. */
  place: 'newest' | 'opens' | 'withdrawn';
  /** How many second factors need it to be decrypted. */
  secondFactors: number;
  mayBeWithdrawn: boolean;
}

/** All secrets of AUTH_SECRET, newest first, followed by those that second factors still need. */
export async function listAuthSecretUses(): Promise<AuthSecretUse[]> {
  const listed = config().AUTH_SECRET.map(({ version }) => version ?? 0);
  const needed = (await listRows()).map(({ secret, backupCodes }) => [
    ...new Set([readVersion(secret), readVersion(backupCodes)]),
  ]);
  return [...new Set([...listed, ...needed.flat()])].map((version) => {
    const secondFactors = needed.filter((versions) => versions.includes(version)).length;
    const place =
      version === listed[0] ? 'newest' : listed.includes(version) ? 'opens' : 'withdrawn';
    return {
      version,
      place,
      secondFactors,
      mayBeWithdrawn: place === 'opens' && secondFactors === 0,
    };
  });
}

/**
 * Logs an error for each secret that second factors need and AUTH_SECRET lacks: their owners cannot
 * sign in. The rest can, so the process starts.
 */
export async function reportMissingAuthSecrets(): Promise<void> {
  for (const { version, place, secondFactors } of await listAuthSecretUses())
    if (place === 'withdrawn')
      log.error(
        { event: 'auth.secret_missing', reason: `${secondFactors} second factors need ${version}` },
        `AUTH_SECRET lacks secret ${version}: put it back, or have the people who need it set ` +
          'up their second factor again',
      );
}

/** The result of a rotation. */
export interface AuthSecretRotation {
  newest: number;
  /** Second factors that were encrypted again. */
  resealed: number;
  /** Second factors that their owner changed in the meantime. */
  replaced: number;
  /** E-mail addresses of people whose second factor could not be decrypted. */
  unopened: string[];
}

/**
 * Encrypts all secrets of second factors and all backup codes with the newest secret of AUTH_SECRET,
 * except those that are already. People may sign in meanwhile. An interrupted rotation can simply
 * be started again.
 */
export async function rotateAuthSecrets(): Promise<AuthSecretRotation> {
  const newest = config().AUTH_SECRET[0]?.version ?? 0;
  const rotation: AuthSecretRotation = { newest, resealed: 0, replaced: 0, unopened: [] };
  for (const row of await listRows()) {
    if (readVersion(row.secret) === newest && readVersion(row.backupCodes) === newest) continue;
    const resealed = await reseal(row);
    if (resealed === undefined) rotation.unopened.push(row.email);
    else if (await replace(row, resealed)) rotation.resealed += 1;
    else rotation.replaced += 1;
  }
  return rotation;
}

interface Row {
  id: string;
  email: string;
  secret: string;
  backupCodes: string;
}
type Sealed = Pick<Row, 'secret' | 'backupCodes'>;

function listRows(): Promise<Row[]> {
  return globalDb()
    .select({
      id: twoFactors.id,
      email: users.email,
      secret: twoFactors.secret,
      backupCodes: twoFactors.backupCodes,
    })
    .from(twoFactors)
    .innerJoin(users, eq(users.id, twoFactors.userId));
}

/**
 * The number of the secret that a stored value needs. better-auth 1.7 writes `$ba$<version>$` before
 * the ciphertext, and nothing when AUTH_SECRET has no numbers.
 */
const readVersion = (stored: string): number => Number(/^\$ba\$(\d+)\$/.exec(stored)?.[1] ?? 0);

/** Undefined when a secret is missing or the value is damaged. */
async function reseal({ secret, backupCodes }: Row): Promise<Sealed | undefined> {
  const { secretConfig: key } = await auth().$context;
  const again = async (data: string) =>
    symmetricEncrypt({ key, data: await symmetricDecrypt({ key, data }) });
  try {
    return { secret: await again(secret), backupCodes: await again(backupCodes) };
  } catch {
    return undefined;
  }
}

/** Stores the new ciphertexts unless the old ones have changed. */
async function replace({ id, secret, backupCodes }: Row, resealed: Sealed): Promise<boolean> {
  const unchanged = and(
    eq(twoFactors.id, id),
    eq(twoFactors.secret, secret),
    eq(twoFactors.backupCodes, backupCodes),
  );
  const rows = await globalDb()
    .update(twoFactors)
    .set(resealed)
    .where(unchanged)
    .returning({ id: twoFactors.id });
  return rows.length > 0;
}
