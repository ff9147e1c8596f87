import { randomBytes } from 'node:crypto';
import { and, eq } from 'drizzle-orm';
import { readKeyId } from '../../platform/crypto.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { erasureKeys } from '../../schema/erasures.ts';
import { openText, sealText } from '../seal.ts';

/*
 * The key under which a tenant's erased people are recognized. It is random and stored encrypted,
 * so that a copy of the database alone does not let anybody try out addresses, and so that it
 * outlasts a change of the encryption keys.
 */

const toContext = (tenantId: string) => ({
  tenant: tenantId,
  table: 'erasure_keys',
  row: tenantId,
  column: 'sealed',
});

/** The key of a tenant that has erased somebody; undefined for any other. */
export async function readErasureKey(tx: Tx, tenantId: string): Promise<Buffer | undefined> {
  const [row] = await tx.select().from(erasureKeys).where(eq(erasureKeys.tenantId, tenantId));
  return row === undefined
    ? undefined
    : Buffer.from(openText(toContext(tenantId), row.sealed), 'hex');
}

/** The key of a tenant, made if there is none yet. */
export async function ensureErasureKey(tx: Tx, tenantId: string): Promise<Buffer> {
  const sealed = sealText(toContext(tenantId), randomBytes(32).toString('hex'));
  await tx
    .insert(erasureKeys)
    .values({ tenantId, sealed, keyId: readKeyId(sealed) })
    .onConflictDoNothing();
  const key = await readErasureKey(tx, tenantId);
  if (key === undefined) throw new Error('The key of the erasure list could not be stored');
  return key;
}

/** Encrypts a tenant's key with the newest key of the ring; true unless it was already. */
export async function resealErasureKey(tx: Tx, tenantId: string, newest: string): Promise<boolean> {
  const key = await readErasureKey(tx, tenantId);
  if (key === undefined) return false;
  const sealed = sealText(toContext(tenantId), key.toString('hex'));
  const [row] = await tx.select().from(erasureKeys).where(eq(erasureKeys.tenantId, tenantId));
  if (row === undefined || row.keyId === newest) return false;
  const same = and(eq(erasureKeys.tenantId, tenantId), eq(erasureKeys.sealed, row.sealed));
  await tx
    .update(erasureKeys)
    .set({ sealed, keyId: readKeyId(sealed) })
    .where(same);
  return true;
}
