import { and, asc, count, eq, gt, inArray, isNull, lte, max, notExists, sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import { globalDb } from '../../platform/db/database.ts';
import type { ChannelName } from './channels.ts';
import type { RuleActivity, Notice, PendingNotice } from './notices.ts';
import { alertDeliveries, alerts } from '../../schema/alerts.ts';

/**
 * The wait before the first retry; no delivery takes longer, so nobody else tries the same one
 * meanwhile. It doubles with each failure, up to the maximum.
 */
const initialWaitSeconds = 60;
const maxWaitSeconds = 3_600;
/** The most notifications that one round reads; the rest waits for the next. */
const maxPerRound = 5_000;

/**
 * The pending notifications of a channel, oldest first. A recovery waits until the opening of its
 * alert has been sent.
 */
export function listPendingNotices(channel: ChannelName): Promise<PendingNotice[]> {
  const opening = alias(alertDeliveries, 'opening');
  const openingWaits = globalDb()
    .select({ id: opening.alertId })
    .from(opening)
    .where(
      and(
        eq(opening.alertId, alerts.id),
        eq(opening.channel, channel),
        eq(opening.notice, 'opened'),
        isNull(opening.deliveredAt),
        eq(alertDeliveries.notice, 'recovered'),
      ),
    );
  return globalDb()
    .select({
      id: alerts.id,
      notice: alertDeliveries.notice,
      rule: alerts.rule,
      severity: alerts.severity,
      subject: alerts.subject,
      message: alerts.message,
      openedAt: alerts.openedAt,
      recoveredAt: alerts.recoveredAt,
    })
    .from(alertDeliveries)
    .innerJoin(alerts, eq(alerts.id, alertDeliveries.alertId))
    .where(
      and(
        eq(alertDeliveries.channel, channel),
        isNull(alertDeliveries.deliveredAt),
        lte(alertDeliveries.retryAt, sql`now()`),
        notExists(openingWaits),
      ),
    )
    .orderBy(asc(alerts.openedAt), asc(alerts.id))
    .limit(maxPerRound);
}

/**
 * Reads the activity of each rule on a channel. Rules without an entry have no open alerts and sent
 * nothing within the last hour.
 */
export async function readRuleActivity(channel: ChannelName): Promise<Map<string, RuleActivity>> {
  const open = await globalDb()
    .select({ rule: alerts.rule, open: count() })
    .from(alerts)
    .where(isNull(alerts.recoveredAt))
    .groupBy(alerts.rule);
  const sent = await globalDb()
    .select({ rule: alerts.rule, at: max(alertDeliveries.deliveredAt) })
    .from(alertDeliveries)
    .innerJoin(alerts, eq(alerts.id, alertDeliveries.alertId))
    .where(
      and(
        eq(alertDeliveries.channel, channel),
        gt(alertDeliveries.deliveredAt, sql`now() - interval '1 hour'`),
      ),
    )
    .groupBy(alerts.rule);
  const activity = new Map(
    open.map(({ rule, open: size }) => [rule, { open: size, lastSentAt: null as Date | null }]),
  );
  for (const { rule, at } of sent)
    activity.set(rule, { open: activity.get(rule)?.open ?? 0, lastSentAt: at });
  return activity;
}

/**
 * Claims the alerts of a notification for delivery, except those that another process has claimed.
 * The claim also sets the time of the next attempt, in case this one fails or its process dies.
 */
export async function claimAlerts(
  { kind, alerts: facts }: Notice,
  channel: ChannelName,
): Promise<Set<string>> {
  if (kind === 'test') return new Set();
  const doublings = sql`least(${alertDeliveries.attempts}, 16)`;
  const wait = sql`least(${maxWaitSeconds}, ${initialWaitSeconds} * power(2, ${doublings}))`;
  const claimed = await globalDb()
    .update(alertDeliveries)
    .set({
      attempts: sql`${alertDeliveries.attempts} + 1`,
      retryAt: sql`now() + make_interval(secs => ${wait})`,
    })
    .where(
      and(
        whereNotice(
          facts.map(({ id }) => id),
          kind,
          channel,
        ),
        isNull(alertDeliveries.deliveredAt),
        lte(alertDeliveries.retryAt, sql`now()`),
      ),
    )
    .returning({ id: alertDeliveries.alertId });
  return new Set(claimed.map(({ id }) => id));
}

/**
 * Records that a channel has sent a notification. Once every channel has, the alert itself is
 * marked as notified.
 */
export async function markDelivered(
  { kind, alerts: facts }: Notice,
  channel: ChannelName,
): Promise<void> {
  if (kind === 'test') return;
  const ids = facts.map(({ id }) => id);
  await globalDb().transaction(async (tx) => {
    await tx
      .update(alertDeliveries)
      .set({ deliveredAt: sql`now()` })
      .where(whereNotice(ids, kind, channel));
    const waiting = tx
      .select({ id: alertDeliveries.alertId })
      .from(alertDeliveries)
      .where(
        and(
          eq(alertDeliveries.alertId, alerts.id),
          eq(alertDeliveries.notice, kind),
          isNull(alertDeliveries.deliveredAt),
        ),
      );
    const notifiedColumns =
      kind === 'opened' ? { notifiedAt: sql`now()` } : { recoveryNotifiedAt: sql`now()` };
    await tx
      .update(alerts)
      .set(notifiedColumns)
      .where(and(inArray(alerts.id, ids), notExists(waiting)));
  });
}

function whereNotice(ids: string[], notice: 'opened' | 'recovered', channel: ChannelName) {
  return and(
    inArray(alertDeliveries.alertId, ids),
    eq(alertDeliveries.notice, notice),
    eq(alertDeliveries.channel, channel),
  );
}
