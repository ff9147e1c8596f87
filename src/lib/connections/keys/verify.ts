import { and, eq, inArray } from 'drizzle-orm';
import { decrypt, encrypt, type KeyRing, type EncryptionContext } from '../../platform/crypto.ts';
import { globalDb } from '../../platform/db/database.ts';
import { Problem } from '../../platform/errors.ts';
import { countClientSecrets } from '../../identity/sso/secret.ts';
import { readTenant } from '../../identity/tenancy/with-tenant.ts';
import { credentials, encryptionKeys } from '../../schema/connections.ts';
import { keyRing, openSecret } from '../seal.ts';
import { listTenantIds } from './key-uses.ts';

/** Plaintext of a key proof. Its content does not matter: only the right key can decrypt it. */
const proofText = 'tributary';

/**
 * Checks that TRIBUTARY_KEYS fits this database: it contains every key that secrets still need, and
 * no key's bytes differ from those used under the same id before. Stores a proof of each key that
 * is new to the database, unless a secret shows that its bytes are wrong. Throws Problem
 * `unavailable`, which names key ids only.
 */
export async function assertUsableKeys(): Promise<void> {
  const ring = keyRing();
  const keyProofs = await readKeyProofs();
  const samples = await sampleSecrets();
  const needed = new Set([...samples.keys(), ...(await countClientSecrets()).keys()]);
  const missing = [...needed].filter((id) => !ring.some((key) => key.id === id));
  if (missing.length > 0) throw missingKeysProblem(missing);
  const fresh = ring.filter(({ id }) => !keyProofs.has(id));
  const wrong = fresh.filter(({ id }) => !canOpen(samples.get(id))).map(({ id }) => id);
  if (wrong.length > 0) throw wrongKeysProblem(wrong);
  for (const key of fresh) await storeKeyProof([key]);
  // Read again: another process may just have stored a proof of other bytes under the same id.
  const differing = differingKeys(ring, await readKeyProofs());
  if (differing.length > 0) throw wrongKeysProblem(differing);
}

type Sample = typeof credentials.$inferSelect;

async function readKeyProofs(): Promise<Map<string, Buffer>> {
  return new Map(
    (await globalDb().select().from(encryptionKeys)).map(({ id, sealed }) => [id, sealed]),
  );
}

async function storeKeyProof(ring: KeyRing): Promise<void> {
  const id = ring[0]?.id ?? '';
  await globalDb()
    .insert(encryptionKeys)
    .values({ id, sealed: encrypt(ring, toEncryptionContext(id), proofText) })
    .onConflictDoNothing();
}

function differingKeys(ring: KeyRing, keyProofs: Map<string, Buffer>): string[] {
  return ring
    .map(({ id }) => id)
    .filter((id) => {
      const sealed = keyProofs.get(id);
      return (
        sealed === undefined || !succeeds(() => decrypt(ring, toEncryptionContext(id), sealed))
      );
    });
}

/** One secret for each key that secrets were encrypted with, by the key's id. */
async function sampleSecrets(): Promise<Map<string, Sample>> {
  const samples = new Map<string, Sample>();
  for (const tenantId of await listTenantIds())
    for (const row of await sampleTenant(tenantId, samples)) samples.set(row.keyId, row);
  return samples;
}

/** One secret of a tenant for each key that `samples` does not have yet. */
function sampleTenant(tenantId: string, samples: ReadonlyMap<string, Sample>): Promise<Sample[]> {
  const own = eq(credentials.tenantId, tenantId);
  return readTenant(tenantId, async (tx) => {
    const ids = await tx.selectDistinct({ id: credentials.keyId }).from(credentials).where(own);
    const unknown = ids.map(({ id }) => id).filter((id) => !samples.has(id));
    if (unknown.length === 0) return [];
    return tx
      .selectDistinctOn([credentials.keyId])
      .from(credentials)
      .where(and(own, inArray(credentials.keyId, unknown)));
  });
}

function canOpen(sample: Sample | undefined): boolean {
  return sample === undefined || succeeds(() => openSecret(sample, sample.sealed));
}

function succeeds(attempt: () => unknown): boolean {
  try {
    attempt();
    return true;
  } catch {
    return false;
  }
}

const toEncryptionContext = (id: string): EncryptionContext => ({
  tenant: '',
  table: 'encryption_keys',
  row: id,
  column: 'sealed',
});
const formatIds = (ids: string[]) => ids.map((id) => `"${id}"`).join(', ');

function missingKeysProblem(ids: string[]): Problem {
  return new Problem(
    'unavailable',
    `TRIBUTARY_KEYS lacks the key ${formatIds(ids)}, which is still needed to decrypt secrets. ` +
      'Put it back. To remove a key for good, first run: npm run tributary -- keys rotate',
  );
}

function wrongKeysProblem(ids: string[]): Problem {
  return new Problem(
    'unavailable',
    `TRIBUTARY_KEYS has a different value for the key ${formatIds(ids)} than before. ` +
      'Put the right value back. A new key needs an id that was never used.',
  );
}
