import { and, inArray, isNull, lt, sql } from 'drizzle-orm';
import { globalDb } from '../../platform/db/database.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { newId } from '../../platform/id.ts';
import type { Changes, FoundAlert, OpenAlert } from './changes.ts';
import type { ChannelName } from './channels.ts';
import { alertDeliveries, alerts } from '../../schema/alerts.ts';

/** How long recovered alerts are kept, in days. */
const keptDays = 90;
/** Rows per statement: far below PostgreSQL's limit of 65,535 parameters. */
const batchSize = 1_000;

export function listOpenAlerts(): Promise<OpenAlert[]> {
  const columns = {
    id: alerts.id,
    rule: alerts.rule,
    subject: alerts.subject,
    absentChecks: alerts.absentChecks,
  };
  return globalDb().select(columns).from(alerts).where(isNull(alerts.recoveredAt));
}

/**
 * Stores the changes of a check together with the notifications that they require, in one
 * transaction.
 */
export async function applyChanges(
  { opened, seen, absent, recovered }: Changes,
  channels: readonly ChannelName[],
): Promise<void> {
  await globalDb().transaction(async (tx) => {
    for (const some of splitIntoChunks(opened)) await insertAlerts(tx, some, channels);
    if (seen.length > 0) await updateSeenAlerts(tx, seen);
    for (const ids of splitIntoChunks(absent))
      await tx
        .update(alerts)
        .set({ absentChecks: sql`${alerts.absentChecks} + 1` })
        .where(inArray(alerts.id, ids));
    for (const ids of splitIntoChunks(recovered)) await recoverAlerts(tx, ids);
    await tx
      .delete(alerts)
      .where(lt(alerts.recoveredAt, sql`now() - make_interval(days => ${keptDays})`));
  });
}

async function insertAlerts(
  tx: Tx,
  found: FoundAlert[],
  channels: readonly ChannelName[],
): Promise<void> {
  const rows = found.map(({ rule, subject, severity, message }) => ({
    id: newId(),
    rule,
    subject,
    severity,
    message,
  }));
  // Another worker may have opened the same alert; then it also inserted the notifications.
  const fresh = await tx
    .insert(alerts)
    .values(rows)
    .onConflictDoNothing()
    .returning({ alertId: alerts.id });
  const notices = fresh.flatMap(({ alertId }) =>
    channels.map((channel) => ({ alertId, channel, notice: 'opened' as const })),
  );
  if (notices.length > 0) await tx.insert(alertDeliveries).values(notices);
}

async function updateSeenAlerts(tx: Tx, seen: Changes['seen']): Promise<void> {
  await tx.execute(sql`
    update ${alerts} as a
    set last_seen_at = now(), absent_checks = 0, message = s.message
    from json_to_recordset(${JSON.stringify(seen)}::json) as s(id uuid, message text)
    where a.id = s.id`);
}

/**
 * Marks alerts as recovered. The recovery is sent on the channels that the opening was sent on, or
 * still will be.
 */
async function recoverAlerts(tx: Tx, ids: string[]): Promise<void> {
  const over = await tx
    .update(alerts)
    .set({ recoveredAt: sql`now()` })
    .where(and(inArray(alerts.id, ids), isNull(alerts.recoveredAt)))
    .returning({ id: alerts.id });
  if (over.length === 0) return;
  const notified = await tx
    .select({ alertId: alertDeliveries.alertId, channel: alertDeliveries.channel })
    .from(alertDeliveries)
    .where(
      inArray(
        alertDeliveries.alertId,
        over.map(({ id }) => id),
      ),
    );
  if (notified.length > 0)
    await tx
      .insert(alertDeliveries)
      .values(notified.map((row) => ({ ...row, notice: 'recovered' as const })))
      .onConflictDoNothing();
}

function splitIntoChunks<Item>(items: readonly Item[]): Item[][] {
  return Array.from({ length: Math.ceil(items.length / batchSize) }, (_, index) =>
    items.slice(index * batchSize, (index + 1) * batchSize),
  );
}
