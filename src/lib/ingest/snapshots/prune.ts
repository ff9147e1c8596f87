import { and, eq, inArray, sql, type SQL } from 'drizzle-orm';
import { retryInTenant } from '../../identity/tenancy/with-tenant.ts';
import { rawBodies, rawSnapshots } from '../../schema/snapshots.ts';

/** What one transaction deletes. */
const batchSize = 1000;

/**
 * Deletes snapshots by id, a few at a time; `isOver` ends it between two batches. The answer is how
 * many it deleted.
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
 * Deletes bodies that no snapshot names. A page that is being stored holds the body that it names
 * (`storeSnapshot`): such a body is passed over. A page that comes while we hold one waits for us,
 * and stores its body anew.
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
      // In a statement of its own, which sees what was committed before we held them.
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
