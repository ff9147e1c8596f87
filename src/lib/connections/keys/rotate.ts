import { and, asc, eq, gt, ne, sql } from 'drizzle-orm';
import { DecryptionError } from '../../platform/crypto.ts';
import { noteChange } from '../../identity/audit/record.ts';
import { listClientSecretsNotOf, resealClientSecret } from '../../identity/sso/secret.ts';
import { withTenant } from '../../identity/tenancy/with-tenant.ts';
import { credentials } from '../../schema/connections.ts';
import { keyRing, openSecret, sealSecret } from '../seal.ts';
import { resealErasureKey } from './erasure-key.ts';
import { listTenantIds, listKeyUses } from './key-uses.ts';

/** Rows per query; each row is then updated on its own, so that no worker waits for a lock. */
const batchSize = 100;

export interface RotationProgress {
  done: number;
  total: number;
}

/** The result of a rotation. */
export interface Rotation {
  /** Id of the newest key. */
  newest: string;
  /** Secrets that were encrypted again with the newest key. */
  resealed: number;
  /** Secrets that were replaced by someone else in the meantime, and stay as they are. */
  replaced: number;
  /**
   * Secrets that could not be decrypted, and stay as they are. Of a client secret of single sign-on,
   * `connectionId` is the id of its provider.
   */
  unopened: { tenantId: string; connectionId: string; name: string }[];
}

type Sealed = typeof credentials.$inferSelect;

/**
 * Encrypts all secrets of all tenants with the newest key, except those that are already. Workers
 * may run meanwhile. An interrupted rotation can simply be started again: it skips what is done.
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
  try {
    await rotateAll(rotation, () => onProgress({ done: countDone(rotation), total }));
  } finally {
    await noteRotation(rotation);
  }
  return rotation;
}

/** `onProgress` is called after each secret. */
async function rotateAll(rotation: Rotation, onProgress: () => void): Promise<void> {
  const { newest } = rotation;
  for (const tenantId of await listTenantIds()) {
    for await (const row of listOutdated(tenantId, newest)) {
      await rotateSecret(row, rotation);
      onProgress();
    }
    if (await withTenant(tenantId, (tx) => resealErasureKey(tx, tenantId, newest)))
      rotation.resealed += 1;
  }
  for (const found of await listClientSecretsNotOf(newest)) {
    const place = { tenantId: found.tenantId, connectionId: found.id, name: 'sso client secret' };
    await rotateOne(place, rotation, () => resealClientSecret(found));
    onProgress();
  }
}

const countDone = ({ resealed, replaced, unopened }: Rotation): number =>
  resealed + replaced + unopened.length;

/** Records what was done, also when it was interrupted by an error. */
function noteRotation({ newest, resealed, replaced, unopened }: Rotation): Promise<void> {
  return noteChange(null, {
    action: 'key.rotated',
    target: { type: 'key', id: newest },
    after: { resealed, replaced, unopened: unopened.length },
  });
}

/**
 * Pages through the rows by primary key, so that a secret that cannot be decrypted comes up once
 * and not again in the next page.
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

function rotateSecret(row: Sealed, rotation: Rotation): Promise<void> {
  const { tenantId, connectionId, name } = row;
  return rotateOne({ tenantId, connectionId, name }, rotation, () =>
    replaceSeal(row, openSecret(row, row.sealed)),
  );
}

async function rotateOne(
  place: Rotation['unopened'][number],
  rotation: Rotation,
  reseal: () => Promise<boolean>,
): Promise<void> {
  try {
    if (await reseal()) rotation.resealed += 1;
    else rotation.replaced += 1;
  } catch (error) {
    if (!(error instanceof DecryptionError)) throw error;
    rotation.unopened.push(place);
  }
}

/**
 * Replaces the ciphertext unless the secret has changed; true when it did. The version stays as it
 * is, because it counts secrets and not encryptions: a process about to replace this secret by its
 * version still can.
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
