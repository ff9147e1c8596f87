import { asc, eq, sql } from 'drizzle-orm';
import { globalDb } from '../../platform/db/database.ts';
import { tenants } from '../../schema/tenants.ts';
import { readTenant } from '../../identity/tenancy/with-tenant.ts';
import { credentials, encryptionKeys } from '../../schema/connections.ts';
import { keyRing } from '../seal.ts';

/** What one key of the ring, or one that should be in it, is still good for. */
export interface KeyUse {
  key: string;
  /** newest: seals and opens; opens: only opens; withdrawn: not in TRIBUTARY_KEYS any more. */
  place: 'newest' | 'opens' | 'withdrawn';
  /** How many secrets need it to be opened. */
  secrets: number;
  mayBeWithdrawn: boolean;
}

/** Every key of TRIBUTARY_KEYS, newest first, then those known from before. */
export async function listKeyUses(): Promise<KeyUse[]> {
  const ring = keyRing().map(({ id }) => id);
  const known = (
    await globalDb()
      .select({ id: encryptionKeys.id })
      .from(encryptionKeys)
      .orderBy(asc(encryptionKeys.createdAt))
  ).map(({ id }) => id);
  const counts = new Map<string, number>();
  for (const tenantId of await listTenantIds()) {
    for (const { keyId, count } of await countByKey(tenantId))
      counts.set(keyId, (counts.get(keyId) ?? 0) + count);
  }
  return [...new Set([...ring, ...known, ...counts.keys()])].map((key) => {
    const secrets = counts.get(key) ?? 0;
    const place = key === ring[0] ? 'newest' : ring.includes(key) ? 'opens' : 'withdrawn';
    return { key, place, secrets, mayBeWithdrawn: place === 'opens' && secrets === 0 };
  });
}

/** Also those that are archived: their secrets need their key like any other. */
export async function listTenantIds(): Promise<string[]> {
  return (await globalDb().select({ id: tenants.id }).from(tenants).orderBy(asc(tenants.id))).map(
    ({ id }) => id,
  );
}

function countByKey(tenantId: string): Promise<{ keyId: string; count: number }[]> {
  return readTenant(tenantId, (tx) =>
    tx
      .select({ keyId: credentials.keyId, count: sql<number>`count(*)::int` })
      .from(credentials)
      .where(eq(credentials.tenantId, tenantId))
      .groupBy(credentials.keyId),
  );
}
