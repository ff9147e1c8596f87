import { sql } from 'drizzle-orm';
import { registeringProviders } from '../../connections/request-subscription.ts';
import { listTenants } from '../../identity/tenancy/tenants.ts';
import { defineTenantsQuery } from '../../identity/tenancy/with-tenant.ts';
import { enqueueAll, type BatchedJob } from '../../jobs/queue.ts';
import { connections } from '../../schema/connections.ts';
import { eventSubscriptions } from '../../schema/webhooks.ts';

/**
 * Connections whose registration is to be looked at before the next tick: those that work and were
 * not looked at for a day, and those that were paused and still have one.
 */
const readDue = defineTenantsQuery<{ connectionId: string; provider: string }>(
  (tenant) => sql`
    select ${connections.id} as "connectionId", ${connections.provider} as provider
    from ${connections} left join ${eventSubscriptions}
      on ${eventSubscriptions.tenantId} = ${connections.tenantId}
      and ${eventSubscriptions.connectionId} = ${connections.id}
    where ${connections.tenantId} = ${tenant}
      and (
        (${connections.status} = 'active'
          and coalesce(${eventSubscriptions.checkAt} <= now() + interval '1 hour', true))
        or (${connections.status} = 'paused' and ${eventSubscriptions.state} is not null)
      )`,
);

/** Queues the job for every connection whose registration is due. Returns how many were queued. */
export async function enqueueSubscriptions(): Promise<number> {
  const found = await readDue((await listTenants()).map(({ id }) => id));
  const batch = [...found].flatMap(([tenantId, rows]) =>
    rows.flatMap(({ connectionId, provider }): BatchedJob<'keep-subscription'>[] =>
      registeringProviders.has(provider)
        ? [
            {
              payload: { tenantId, connectionId, renew: false },
              key: `${connectionId}/tick`,
            },
          ]
        : [],
    ),
  );
  return enqueueAll('keep-subscription', batch);
}
