import { and, eq, inArray } from 'drizzle-orm';
import { decrypt, encrypt, type KeyRing, type EncryptionContext } from '../../platform/crypto.ts';
import { globalDb } from '../../platform/db/database.ts';
import { Problem } from '../../platform/errors.ts';
import { readTenant } from '../../identity/tenancy/with-tenant.ts';
import { credentials, encryptionKeys } from '../../schema/connections.ts';
import { keyRing, openSecret } from '../seal.ts';
import { listTenantIds } from './key-uses.ts';

/** What is sealed is of no matter: only the right key opens it. */
const proofText = 'tributary';

/**
 * Refuses to run with keys that are not those of this database: a key whose bytes differ from those
 * that sealed under its id before, and a key that secrets still need but that is not there. Throws
 * Problem; it names ids only. A key that is new here is remembered, unless a secret shows that its
 * bytes are wrong.
 */
export async function assertUsableKeys(): Promise<void> {
  const ring = keyRing();
  const keyProofs = await readKeyProofs();
  const samples = await sampleSecrets();
  const missing = [...samples.keys()].filter((id) => !ring.some((key) => key.id === id));
  if (missing.length > 0) throw missingKeysProblem(missing);
  const fresh = ring.filter(({ id }) => !keyProofs.has(id));
  const wrong = fresh.filter(({ id }) => !canOpen(samples.get(id))).map(({ id }) => id);
  if (wrong.length > 0) throw wrongKeysProblem(wrong);
  for (const key of fresh) await storeKeyProof([key]);
  // Read again: another process may have remembered its own bytes under the same id a moment
  // before.
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

async function sampleSecrets(): Promise<Map<string, Sample>> {
  const samples = new Map<string, Sample>();
  for (const tenantId of await listTenantIds()) {
    const own = eq(credentials.tenantId, tenantId);
    const found = await readTenant(tenantId, async (tx) => {
      const ids = await tx.selectDistinct({ id: credentials.keyId }).from(credentials).where(own);
      const unknown = ids.map(({ id }) => id).filter((id) => !samples.has(id));
      return unknown.length === 0
        ? []
        : tx
            .selectDistinctOn([credentials.keyId])
            .from(credentials)
            .where(and(own, inArray(credentials.keyId, unknown)));
    });
    for (const row of found) samples.set(row.keyId, row);
  }
  return samples;
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
    `TRIBUTARY_KEYS lacks the key ${formatIds(ids)}, which secrets of connections still need. Put it back; to withdraw a key, first run: npm run tributary -- keys rotate`,
  );
}

function wrongKeysProblem(ids: string[]): Problem {
  return new Problem(
    'unavailable',
    `TRIBUTARY_KEYS holds other bytes for the key ${formatIds(ids)} than those that sealed under this id before. Put the right ones back; a new key needs an id that was never used.`,
  );
}
