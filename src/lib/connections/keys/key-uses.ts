import { asc, eq, sql } from 'drizzle-orm';
import { globalDb } from '../../platform/db/database.ts';
import { tenants } from '../../schema/tenants.ts';
import { countClientSecrets } from '../../identity/sso/secret.ts';
import { readTenant } from '../../identity/tenancy/with-tenant.ts';
import { credentials, encryptionKeys } from '../../schema/connections.ts';
import { erasureKeys } from '../../schema/erasures.ts';
import { keyRing } from '../seal.ts';

/** How one encryption key is used: one of TRIBUTARY_KEYS, or one that was in it before. */
export interface KeyUse {
  key: string;
  /**
   * newest: encrypts and decrypts; opens: only decrypts; withdrawn: no longer in TRIBUTARY_KEYS.
   */
  place: 'newest' | 'opens' | 'withdrawn';
  /** How many secrets need this key to be decrypted. */
  secrets: number;
  mayBeWithdrawn: boolean;
}

/** All keys of TRIBUTARY_KEYS, newest first, followed by those that were in it before. */
export async function listKeyUses(): Promise<KeyUse[]> {
  const ring = keyRing().map(({ id }) => id);
  const known = await listKnownKeyIds();
  const counts = await countSecretsByKey();
  return [...new Set([...ring, ...known, ...counts.keys()])].map((key) => {
    const secrets = counts.get(key) ?? 0;
    const place = key === ring[0] ? 'newest' : ring.includes(key) ? 'opens' : 'withdrawn';
    return { key, place, secrets, mayBeWithdrawn: place === 'opens' && secrets === 0 };
  });
}

async function listKnownKeyIds(): Promise<string[]> {
  const rows = await globalDb()
    .select({ id: encryptionKeys.id })
    .from(encryptionKeys)
    .orderBy(asc(encryptionKeys.createdAt));
  return rows.map(({ id }) => id);
}

async function countSecretsByKey(): Promise<Map<string, number>> {
  const counts = await countClientSecrets();
  for (const tenantId of await listTenantIds()) {
    for (const { keyId, count } of await countByKey(tenantId))
      counts.set(keyId, (counts.get(keyId) ?? 0) + count);
  }
  return counts;
}

/** All tenants, archived ones included: their secrets need a key like any other. */
export async function listTenantIds(): Promise<string[]> {
  return (await globalDb().select({ id: tenants.id }).from(tenants).orderBy(asc(tenants.id))).map(
    ({ id }) => id,
  );
}

function countByKey(tenantId: string): Promise<{ keyId: string; count: number }[]> {
  return readTenant(tenantId, async (tx) => {
    const secrets = await tx
      .select({ keyId: credentials.keyId, count: sql<number>`count(*)::int` })
      .from(credentials)
      .where(eq(credentials.tenantId, tenantId))
      .groupBy(credentials.keyId);
    const lists = await tx
      .select({ keyId: erasureKeys.keyId, count: sql<number>`1` })
      .from(erasureKeys)
      .where(eq(erasureKeys.tenantId, tenantId));
    return [...secrets, ...lists];
  });
}
