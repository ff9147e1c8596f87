import { providers } from '../connectors/registry.ts';
import { enqueue } from '../jobs/queue.ts';
import type { Tx } from '../platform/db/pool.ts';
import type { connections } from '../schema/connections.ts';

/** The providers at which we register the addresses of connections. */
export const registeringProviders: ReadonlySet<string> = new Set(
  providers.flatMap(({ key, webhook }) => (webhook?.registration === undefined ? [] : [key])),
);

/**
 * Queues the job that brings the registration of a connection's webhook to what its state asks for,
 * once `tx` commits. `occasion` tells jobs apart of which one may still run.
 */
export async function requestSubscription(
  tx: Tx,
  { tenantId, id, provider }: Pick<typeof connections.$inferSelect, 'tenantId' | 'id' | 'provider'>,
  occasion: string,
): Promise<void> {
  if (!registeringProviders.has(provider)) return;
  const payload = { tenantId, connectionId: id, renew: false };
  await enqueue('keep-subscription', payload, { key: `${id}/${occasion}`, tx });
}
