import { and, eq, sql } from 'drizzle-orm';
import type { Tx } from '../platform/db/pool.ts';
import type {
  PushContext,
  PushDefinition,
  TargetMetadata,
} from '../connectors/contract/destination.ts';
import { retryInTenant } from '../identity/tenancy/with-tenant.ts';
import { pushTargets } from '../schema/pushes.ts';

/**
 * How long the CRM's description of its fields is used before it is read again. Customers rarely
 * add fields or options; someone who has just added one refreshes them on the mapping page.
 */
const cacheHours = 24;

interface Key {
  tenantId: string;
  connectionId: string;
}

const whereOwn = ({ tenantId, connectionId }: Key) =>
  and(eq(pushTargets.tenantId, tenantId), eq(pushTargets.connectionId, connectionId));

/** The cached description of the CRM's fields, however old; undefined if it was never read. */
export async function selectTargetMetadata(
  tx: Tx,
  tenantId: string,
  connectionId: string,
): Promise<{ metadata: TargetMetadata; fetchedAt: Date } | undefined> {
  const [row] = await tx
    .select({ metadata: pushTargets.metadata, fetchedAt: pushTargets.fetchedAt })
    .from(pushTargets)
    .where(whereOwn({ tenantId, connectionId }));
  // Only `refreshTargetMetadata` writes this column, in this shape.
  return row === undefined
    ? undefined
    : { metadata: row.metadata as TargetMetadata, fetchedAt: row.fetchedAt };
}

/**
 * The description of the CRM's fields: the cached one if it is less than a day old, otherwise read
 * from the CRM now. Throws RemoteError.
 */
export async function loadTargetMetadata(
  key: Key,
  push: PushDefinition,
  context: PushContext,
): Promise<TargetMetadata> {
  const fresh = sql`${pushTargets.fetchedAt} > now() - make_interval(hours => ${cacheHours})`;
  const [known] = await retryInTenant(key.tenantId, (tx) =>
    tx
      .select({ metadata: pushTargets.metadata })
      .from(pushTargets)
      .where(and(whereOwn(key), fresh)),
  );
  return known === undefined
    ? refreshTargetMetadata(key, push, context)
    : (known.metadata as TargetMetadata);
}

/** Reads the description of the CRM's fields from the CRM and caches it. Throws RemoteError. */
export async function refreshTargetMetadata(
  key: Key,
  push: PushDefinition,
  context: PushContext,
): Promise<TargetMetadata> {
  const metadata = await push.describe(context);
  const read = { metadata, fetchedAt: sql`now()` };
  await retryInTenant(key.tenantId, (tx) =>
    tx
      .insert(pushTargets)
      .values({ ...key, ...read })
      .onConflictDoUpdate({
        target: [pushTargets.tenantId, pushTargets.connectionId],
        set: read,
      }),
  );
  return metadata;
}

/**
 * Drops the cached description, so that the next push reads it again: the CRM has just refused a
 * write that the description allows.
 */
export async function deleteTargetMetadata(key: Key): Promise<void> {
  await retryInTenant(key.tenantId, (tx) => tx.delete(pushTargets).where(whereOwn(key)));
}
