import { sql } from 'drizzle-orm';
import type { Tx } from '../../platform/db/pool.ts';
import { pushEvents } from '../../schema/pushes.ts';
import type { AuditEvent } from '../audit-log.ts';

export type NewPushEvent = typeof pushEvents.$inferInsert;

/** The push, and the attempt, that events belong to. */
export interface PushAttempt {
  tenantId: string;
  id: string;
  attempts: number;
  requestedBy: string | null;
}

/** Events of the audit log as rows of the push that is under way. */
export function toPushEvents(
  { tenantId, id: pushId, attempts, requestedBy }: PushAttempt,
  events: readonly AuditEvent[],
): NewPushEvent[] {
  const attempt = attempts + 1;
  return events.map((event) => ({ ...event, tenantId, pushId, attempt, actor: requestedBy }));
}

/**
 * Stores events. The response of a request completes the event that was stored when it was sent.
 */
export async function storePushEvents(tx: Tx, events: readonly NewPushEvent[]): Promise<void> {
  if (events.length === 0) return;
  await tx
    .insert(pushEvents)
    .values([...newestById(events)])
    .onConflictDoUpdate({
      target: [pushEvents.tenantId, pushEvents.id],
      set: {
        status: sql`excluded.status`,
        response: sql`excluded.response`,
        outcome: sql`excluded.outcome`,
        message: sql`excluded.message`,
        ms: sql`excluded.ms`,
      },
    });
}

/** Only the newest of each id, because one statement cannot update a row twice. */
const newestById = (events: readonly NewPushEvent[]): Iterable<NewPushEvent> =>
  new Map(events.map((event) => [event.id, event])).values();
