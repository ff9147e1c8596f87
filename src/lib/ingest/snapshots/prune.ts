import { and, eq, inArray, sql, type SQL } from 'drizzle-orm';
import { retryInTenant } from '../../identity/tenancy/with-tenant.ts';
import { rawBodies, rawSnapshots } from '../../schema/snapshots.ts';

/** The most rows that one transaction deletes. */
const batchSize = 1000;

/**
 * Deletes snapshots by id in batches, and returns how many it deleted. `isOver` stops it between
 * two batches.
 */
export async function deleteSnapshots(
  tenantId: string,
  ids: readonly string[],
  isOver: () => boolean,
): Promise<number> {
  let deleted = 0;
  for (let from = 0; from < ids.length && !isOver(); from += batchSize) {
    const batch = and(
      eq(rawSnapshots.tenantId, tenantId),
      inArray(rawSnapshots.id, ids.slice(from, from + batchSize)),
    );
    deleted += await retryInTenant(
      tenantId,
      async (tx) =>
        (await tx.delete(rawSnapshots).where(batch).returning({ id: rawSnapshots.id })).length,
    );
  }
  return deleted;
}

/**
 * Deletes bodies that no snapshot refers to, and returns how many. Bodies of pages that are being
 * stored are locked (`storeSnapshots`) and therefore skipped. A page whose body is locked here
 * waits, and then stores the body anew.
 */
export async function deleteUnreferencedBodies(
  tenantId: string,
  isOver: () => boolean,
): Promise<number> {
  let deleted = 0;
  while (!isOver()) {
    const { held, gone } = await retryInTenant(tenantId, async (tx) => {
      const found = await tx.execute<{ sha256: Buffer }>(sql`
        select sha256 from ${rawBodies} as body where tenant_id = ${tenantId}
          and ${whereUnreferenced(tenantId)} limit ${batchSize} for update skip locked`);
      const digests = found.rows.map(({ sha256 }) => sha256);
      if (digests.length === 0) return { held: 0, gone: 0 };
      // A second statement, because it sees what was committed before the bodies were locked.
      const result = await tx.execute(
        sql`delete from ${rawBodies} as body where tenant_id = ${tenantId} and sha256 in ${digests}
          and ${whereUnreferenced(tenantId)}`,
      );
      return { held: digests.length, gone: result.rowCount ?? 0 };
    });
    deleted += gone;
    if (held < batchSize) break;
  }
  return deleted;
}

const whereUnreferenced = (tenantId: string): SQL =>
  sql`not exists (select from ${rawSnapshots} as page where page.tenant_id = ${tenantId}
    and page.sha256 = body.sha256)`;
