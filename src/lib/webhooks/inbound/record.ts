import { and, eq, lt, sql } from 'drizzle-orm';
import { log } from '../../platform/log.ts';
import { newId } from '../../platform/id.ts';
import type { DeliveredEvent } from '../../connectors/contract/events.ts';
import { recordDeliveredEvents, type ConnectionRef } from '../../connections/metrics.ts';
import { requestSync } from '../../ingest/request-sync.ts';
import { enqueueSync } from '../../ingest/request.ts';
import { withTenant } from '../../identity/tenancy/with-tenant.ts';
import { webhookDeliveries } from '../../schema/webhooks.ts';

/**
 * new: an event was recorded that is not known, and a sync was requested; known: all were delivered
 * before; old: they happened too long ago to be accepted; ignored: they are for other accounts.
 */
export type ReceiptStatus = 'new' | 'known' | 'old' | 'ignored';

const dayMs = 86_400_000;
/**
 * Events are kept for longer than they are accepted, so that a deleted one cannot be accepted
 * again.
 */
const acceptedDays = 30;
const keptDays = 60;
/** The most names of events in one line of the log. */
const maxKindsLogged = 10;

/**
 * Records each event of a delivery once, however often it is delivered, and requests one sync of
 * the connection if any is new. The order of events does not matter, because a sync reads the
 * current data. `ignored` is the number of events for other accounts, which were left out.
 */
export async function recordEvents(
  to: ConnectionRef,
  own: readonly DeliveredEvent[],
  ignored: number,
): Promise<ReceiptStatus> {
  const accepted = own.filter(isRecent);
  const { fresh, mustWake } =
    accepted.length === 0 ? nothingNew : await storeEvents(to, mergeCopies(accepted));
  // While a job waits or runs, no other one is needed: `requestSync` has counted the request.
  if (mustWake) await enqueueSync(to.tenantId, to.connectionId, null);
  const counts = {
    new: fresh.length,
    known: accepted.length - fresh.length,
    old: own.length - accepted.length,
    ignored,
  };
  recordDeliveredEvents(to, counts);
  logReceipt(to, counts, fresh);
  return statuses.find((status) => counts[status] > 0) ?? 'ignored';
}

const statuses = ['new', 'known', 'old', 'ignored'] as const;
const nothingNew = { fresh: [], mustWake: false };

const isRecent = ({ occurredAt }: DeliveredEvent): boolean =>
  occurredAt === null || occurredAt.getTime() >= Date.now() - acceptedDays * dayMs;

type Copied = Omit<DeliveredEvent, 'account'> & { copies: number };

/**
 * One row for each event, in the order of their keys: an upsert takes no row twice, and two
 * deliveries of the same events lock their rows in the same order.
 */
function mergeCopies(events: readonly DeliveredEvent[]): Copied[] {
  const byKey = new Map<string, Copied>();
  for (const { key, event, resourceId, occurredAt } of events) {
    const copies = (byKey.get(key)?.copies ?? 0) + 1;
    byKey.set(key, { key, event, resourceId, occurredAt, copies });
  }
  return [...byKey.values()].toSorted((one, other) => (one.key < other.key ? -1 : 1));
}

/** Stores events, and requests a sync if any is new. Returns the names of the new ones. */
function storeEvents(
  { tenantId, connectionId }: ConnectionRef,
  events: readonly Copied[],
): Promise<{ fresh: string[]; mustWake: boolean }> {
  return withTenant(tenantId, async (tx) => {
    const rows = await tx
      .insert(webhookDeliveries)
      .values(events.map((event) => ({ ...event, tenantId, connectionId, id: newId() })))
      .onConflictDoUpdate({
        target: [webhookDeliveries.tenantId, webhookDeliveries.connectionId, webhookDeliveries.key],
        set: { copies: sql`${webhookDeliveries.copies} + excluded.copies` },
      })
      .returning({ event: webhookDeliveries.event, isNew: sql<boolean>`xmax = 0` });
    const fresh = rows.filter(({ isNew }) => isNew).map(({ event }) => event);
    const mustWake = fresh.length > 0 && (await requestSync(tx, tenantId, connectionId));
    return { fresh, mustWake };
  });
}

function logReceipt(
  to: ConnectionRef,
  { ignored }: Record<ReceiptStatus, number>,
  fresh: readonly string[],
): void {
  const kind = [...new Set(fresh)].slice(0, maxKindsLogged).join(', ');
  if (fresh.length > 0)
    log.info(
      { event: 'webhook.received', ...to, kind, count: fresh.length },
      'Webhook events were recorded',
    );
  if (ignored > 0)
    log.warn(
      { event: 'webhook.ignored', ...to, count: ignored },
      'Webhook events for other accounts were ignored',
    );
}

/** Deletes events that are too old to be accepted again. */
export async function pruneDeliveries(tenantId: string): Promise<void> {
  const old = lt(webhookDeliveries.receivedAt, sql`now() - make_interval(days => ${keptDays})`);
  await withTenant(tenantId, (tx) =>
    tx.delete(webhookDeliveries).where(and(eq(webhookDeliveries.tenantId, tenantId), old)),
  );
}
