import { and, asc, count, eq, gt, inArray, isNull, lte, max, notExists, sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import { globalDb } from '../../platform/db/database.ts';
import type { ChannelName } from './channels.ts';
import type { Crowd, Notice, Pending } from './notices.ts';
import { alertDeliveries, alerts } from '../../schema/alerts.ts';

/**
 * No message takes longer than this: until then nobody else tries the same one. The wait doubles
 * with each failure, up to an hour.
 */
const firstWaitSeconds = 60;
const longestWaitSeconds = 3_600;
/** The most notices that one round looks at; the rest waits for the next. */
const mostInRound = 5_000;

/**
 * What waits to be told on a channel, oldest first. That something is over waits until it was told
 * that it began.
 */
export function pendingOn(channel: ChannelName): Promise<Pending[]> {
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
    .limit(mostInRound);
}

/**
 * How each rule does on a channel; rules that are not named have neither open alerts nor notices of
 * the last hour.
 */
export async function crowdsOn(channel: ChannelName): Promise<Map<string, Crowd>> {
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
  const crowds = new Map(
    open.map(({ rule, open: size }) => [rule, { open: size, lastSentAt: null as Date | null }]),
  );
  for (const { rule, at } of sent)
    crowds.set(rule, { open: crowds.get(rule)?.open ?? 0, lastSentAt: at });
  return crowds;
}

/**
 * Takes the alerts of a notice up for delivery: those that nobody else has taken up meanwhile.
 * Whoever fails, or dies, has already named the time of the next try.
 */
export async function claim(
  { kind, alerts: facts }: Notice,
  channel: ChannelName,
): Promise<Set<string>> {
  if (kind === 'test') return new Set();
  const wait = sql`least(${longestWaitSeconds}, ${firstWaitSeconds} * power(2, least(${alertDeliveries.attempts}, 16)))`;
  const claimed = await globalDb()
    .update(alertDeliveries)
    .set({
      attempts: sql`${alertDeliveries.attempts} + 1`,
      retryAt: sql`now() + make_interval(secs => ${wait})`,
    })
    .where(
      and(
        ofNotice(
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

/** Notes that a notice has gone out; the alert itself says so when the last channel has it. */
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
      .where(ofNotice(ids, kind, channel));
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
    const told =
      kind === 'opened' ? { notifiedAt: sql`now()` } : { recoveryNotifiedAt: sql`now()` };
    await tx
      .update(alerts)
      .set(told)
      .where(and(inArray(alerts.id, ids), notExists(waiting)));
  });
}

function ofNotice(ids: string[], notice: 'opened' | 'recovered', channel: ChannelName) {
  return and(
    inArray(alertDeliveries.alertId, ids),
    eq(alertDeliveries.notice, notice),
    eq(alertDeliveries.channel, channel),
  );
}
