import { and, eq, sql } from 'drizzle-orm';
import { retryOnDbOutage } from '../platform/db/retry.ts';
import type { HttpClient } from '../platform/http/types.ts';
import type { PushDefinition, TargetMetadata } from '../connectors/contract/destination.ts';
import { withTenant } from '../identity/tenancy/with-tenant.ts';
import { pushTargets } from '../schema/pushes.ts';

/**
 * Customers add fields and options seldom; whoever does and cannot wait reads them anew on the
 * mapping page.
 */
const cacheHours = 24;

interface Key {
  tenantId: string;
  connectionId: string;
}

const whereOwn = ({ tenantId, connectionId }: Key) =>
  and(eq(pushTargets.tenantId, tenantId), eq(pushTargets.connectionId, connectionId));

/**
 * What the CRM says of its own fields, as read within the last day; else it is asked. Throws
 * RemoteError.
 */
export async function loadTargetMetadata(
  key: Key,
  push: PushDefinition,
  context: { http: HttpClient; settings: unknown },
): Promise<TargetMetadata> {
  const fresh = sql`${pushTargets.fetchedAt} > now() - make_interval(hours => ${cacheHours})`;
  const [known] = await retryOnDbOutage(() =>
    withTenant(key.tenantId, (tx) =>
      tx
        .select({ metadata: pushTargets.metadata })
        .from(pushTargets)
        .where(and(whereOwn(key), fresh)),
    ),
  );
  return known === undefined
    ? refreshTargetMetadata(key, push, context)
    : (known.metadata as TargetMetadata);
}

/** Asks the CRM for its fields now, and keeps what it says. */
export async function refreshTargetMetadata(
  key: Key,
  push: PushDefinition,
  context: { http: HttpClient; settings: unknown },
): Promise<TargetMetadata> {
  const metadata = await push.describe(context);
  const read = { metadata, fetchedAt: sql`now()` };
  await retryOnDbOutage(() =>
    withTenant(key.tenantId, (tx) =>
      tx
        .insert(pushTargets)
        .values({ ...key, ...read })
        .onConflictDoUpdate({
          target: [pushTargets.tenantId, pushTargets.connectionId],
          set: read,
        }),
    ),
  );
  return metadata;
}

/** The CRM did not take what its fields promise: they are read anew before the next push. */
export async function deleteTargetMetadata(key: Key): Promise<void> {
  await retryOnDbOutage(() =>
    withTenant(key.tenantId, (tx) => tx.delete(pushTargets).where(whereOwn(key))),
  );
}
