import { and, eq, ne, sql } from 'drizzle-orm';
import { config } from '../../platform/config.ts';
import { decrypt, encrypt, parseKeyRing, readKeyId } from '../../platform/crypto.ts';
import { globalDb } from '../../platform/db/database.ts';
import { registerSecret } from '../../platform/secrets.ts';
import { ssoProviders } from '../../schema/sso.ts';

/** Whose client secret it is. */
type Owner = Pick<typeof ssoProviders.$inferSelect, 'id' | 'tenantId'>;
/** A client secret as it is stored. */
export type SealedClientSecret = Owner & { sealedSecret: Buffer; keyId: string };

/**
 * Encrypts a client secret for the row of its provider with the newest of TRIBUTARY_KEYS. From then
 * on this process removes the secret from everything it logs.
 */
export function sealClientSecret(
  owner: Owner,
  secret: string,
): { sealedSecret: Buffer; keyId: string } {
  registerSecret(secret);
  const sealedSecret = encrypt(keyRing(), toContext(owner), secret);
  return { sealedSecret, keyId: readKeyId(sealedSecret) };
}

/** Decrypts what `sealClientSecret` made for the same provider. Throws DecryptionError. */
export function openClientSecret(owner: Owner & { sealedSecret: Buffer }): string {
  const secret = decrypt(keyRing(), toContext(owner), owner.sealedSecret);
  registerSecret(secret);
  return secret;
}

/** How many client secrets each key is needed for, by its id. */
export async function countClientSecrets(): Promise<Map<string, number>> {
  const rows = await globalDb()
    .select({ keyId: ssoProviders.keyId, count: sql<number>`count(*)::int` })
    .from(ssoProviders)
    .groupBy(ssoProviders.keyId);
  return new Map(rows.map(({ keyId, count }) => [keyId, count]));
}

/** All client secrets that another key than `keyId` encrypts, still sealed. */
export function listClientSecretsNotOf(keyId: string): Promise<SealedClientSecret[]> {
  return globalDb().select().from(ssoProviders).where(ne(ssoProviders.keyId, keyId));
}

/** Encrypts a client secret anew; false when it was replaced in the meantime and stays as it is. */
export async function resealClientSecret(found: SealedClientSecret): Promise<boolean> {
  const changed = await globalDb()
    .update(ssoProviders)
    .set(sealClientSecret(found, openClientSecret(found)))
    .where(and(eq(ssoProviders.id, found.id), eq(ssoProviders.sealedSecret, found.sealedSecret)))
    .returning({ id: ssoProviders.id });
  return changed.length > 0;
}

const keyRing = () => parseKeyRing(config().TRIBUTARY_KEYS);

const toContext = ({ id, tenantId }: Owner) => ({
  tenant: tenantId,
  table: 'sso_providers',
  row: id,
  column: 'sealed_secret',
});
