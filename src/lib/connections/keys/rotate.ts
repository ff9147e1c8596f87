import { and, asc, eq, gt, ne, sql } from 'drizzle-orm';
import { DecryptionError } from '../../platform/crypto.ts';
import { withTenant } from '../../identity/tenancy/with-tenant.ts';
import { credentials } from '../../schema/connections.ts';
import { keyRing, openSecret, sealSecret } from '../seal.ts';
import { listTenantIds, listKeyUses } from './key-uses.ts';

/**
 * Rows that are read at once; each is then written by itself, so that no worker waits for a row.
 */
const batchSize = 100;

export interface RotationProgress {
  done: number;
  total: number;
}

/** What a rotation came to. */
export interface Rotation {
  newest: string;
  /** Sealed anew with the newest key. */
  resealed: number;
  /** Replaced by somebody else in the meantime; they keep that seal. */
  replaced: number;
  /** Secrets that did not open, and were left as they are. */
  unopened: { tenantId: string; connectionId: string; name: string }[];
}

type Sealed = typeof credentials.$inferSelect;

/**
 * Seals every secret of every tenant anew that is not under the newest key. Workers may go on
 * meanwhile, and an interrupted rotation is simply started again: what is done is not looked at
 * twice.
 */
export async function rotateKeys(
  onProgress: (progress: RotationProgress) => void = () => {},
): Promise<Rotation> {
  const newest = keyRing()[0]?.id ?? '';
  const total = (await listKeyUses())
    .filter(({ key }) => key !== newest)
    .reduce((sum, { secrets }) => sum + secrets, 0);
  const rotation: Rotation = { newest, resealed: 0, replaced: 0, unopened: [] };
  onProgress({ done: 0, total });
  for (const tenantId of await listTenantIds()) {
    for await (const row of listOutdated(tenantId, newest)) {
      await rotateSecret(row, rotation);
      onProgress({ done: rotation.resealed + rotation.replaced + rotation.unopened.length, total });
    }
  }
  return rotation;
}

/**
 * In the order of the key, so that a secret that does not open is passed by once and never met
 * again.
 */
async function* listOutdated(tenantId: string, newest: string): AsyncGenerator<Sealed> {
  let after: Sealed | undefined;
  do {
    const rows: Sealed[] = await withTenant(tenantId, (tx) => {
      const beyond =
        after &&
        gt(
          sql`(${credentials.connectionId}, ${credentials.name})`,
          sql`(${after.connectionId}, ${after.name})`,
        );
      const due = and(eq(credentials.tenantId, tenantId), ne(credentials.keyId, newest), beyond);
      return tx
        .select()
        .from(credentials)
        .where(due)
        .orderBy(asc(credentials.connectionId), asc(credentials.name))
        .limit(batchSize);
    });
    yield* rows;
    after = rows.at(-1);
  } while (after !== undefined);
}

async function rotateSecret(row: Sealed, rotation: Rotation): Promise<void> {
  const { tenantId, connectionId, name } = row;
  try {
    const secret = openSecret(row, row.sealed);
    if (await replaceSeal(row, secret)) rotation.resealed += 1;
    else rotation.replaced += 1;
  } catch (error) {
    if (!(error instanceof DecryptionError)) throw error;
    rotation.unopened.push({ tenantId, connectionId, name });
  }
}

/**
 * The version stays: it counts secrets, not seals, so that whoever is about to replace this secret
 * still may.
 */
async function replaceSeal(row: Sealed, secret: string): Promise<boolean> {
  const same = and(
    eq(credentials.tenantId, row.tenantId),
    eq(credentials.connectionId, row.connectionId),
    eq(credentials.name, row.name),
    eq(credentials.version, row.version),
    eq(credentials.sealed, row.sealed),
  );
  const changed = await withTenant(row.tenantId, (tx) =>
    tx
      .update(credentials)
      .set(sealSecret(row, secret))
      .where(same)
      .returning({ name: credentials.name }),
  );
  return changed.length > 0;
}
