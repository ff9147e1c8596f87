import { and, asc, eq, gt, inArray } from 'drizzle-orm';
import { readTenant } from '../../identity/tenancy/with-tenant.ts';
import { rawBodies, rawSnapshots } from '../../schema/snapshots.ts';
import { unpackBody } from './store.ts';

/** A stored response whose body does not match its digest. */
interface DamagedSnapshot {
  snapshotId: string;
  connectionId: string;
  stream: string;
  receivedAt: Date;
  /** The digest that the body should have, in hex. */
  sha256: string;
}

export interface Verification {
  bodies: number;
  /** Bytes before compression. */
  bytes: number;
  damagedBodies: number;
  damaged: DamagedSnapshot[];
}

/** Bodies that are read at once. */
const batchSize = 100;

/** Compares every body of a tenant with the digest that it is stored under. */
export async function verifyBodies(
  tenantId: string,
  onProgress: (bodies: number) => void = () => {},
): Promise<Verification> {
  const result: Verification = { bodies: 0, bytes: 0, damagedBodies: 0, damaged: [] };
  for (let after: Buffer | undefined; ;) {
    const behind = after === undefined ? undefined : gt(rawBodies.sha256, after);
    const batch = await readTenant(tenantId, (tx) =>
      tx
        .select()
        .from(rawBodies)
        .where(and(eq(rawBodies.tenantId, tenantId), behind))
        .orderBy(asc(rawBodies.sha256))
        .limit(batchSize),
    );
    const checked = await Promise.all(
      batch.map(async (body) => ((await isIntact(body)) ? [] : [body.sha256])),
    );
    const damaged = checked.flat();
    result.bodies += batch.length;
    result.bytes += batch.reduce((sum, { size }) => sum + size, 0);
    result.damagedBodies += damaged.length;
    if (damaged.length > 0) result.damaged.push(...(await selectSnapshots(tenantId, damaged)));
    onProgress(result.bodies);
    after = batch.at(-1)?.sha256;
    if (after === undefined || batch.length < batchSize) return result;
  }
}

async function isIntact(
  body: Pick<typeof rawBodies.$inferSelect, 'sha256' | 'compressed'>,
): Promise<boolean> {
  return unpackBody(body).then(
    () => true,
    () => false,
  );
}

async function selectSnapshots(tenantId: string, digests: Buffer[]): Promise<DamagedSnapshot[]> {
  const { id: snapshotId, connectionId, stream, receivedAt, sha256 } = rawSnapshots;
  const rows = await readTenant(tenantId, (tx) =>
    tx
      .select({ snapshotId, connectionId, stream, receivedAt, sha256 })
      .from(rawSnapshots)
      .where(and(eq(rawSnapshots.tenantId, tenantId), inArray(sha256, digests))),
  );
  return rows.map((row) => ({ ...row, sha256: row.sha256.toString('hex') }));
}
