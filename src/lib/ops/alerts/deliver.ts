import { log } from '../../platform/log.ts';
import { counter } from '../../platform/metrics/registry.ts';
import { safeReason } from '../../platform/secrets.ts';
import type { Channel } from './channels.ts';
import { planNotices, type Notice } from './notices.ts';
import { claimAlerts, readRuleActivity, markDelivered, listPendingNotices } from './outbox.ts';

const deliveries = counter('alert_deliveries_total', 'Notifications to operators, by outcome', [
  'channel',
  'outcome',
]);

/**
 * Sends the pending notifications of a channel. The first failure ends the round: the others would
 * fail the same way, each after its timeout.
 */
export async function deliverPending(channel: Channel): Promise<void> {
  const pending = await listPendingNotices(channel.name);
  if (pending.length === 0) return;
  const activity = await readRuleActivity(channel.name);
  const notices = planNotices(
    pending,
    (rule) => activity.get(rule) ?? { open: 0, lastSentAt: null },
    new Date(),
  );
  for (const notice of notices) if (!(await deliver(channel, notice))) return;
}

async function deliver(channel: Channel, planned: Notice): Promise<boolean> {
  const claimed = await claimAlerts(planned, channel.name);
  const notice = { ...planned, alerts: planned.alerts.filter(({ id }) => claimed.has(id)) };
  if (notice.alerts.length === 0) return true;
  try {
    await channel.send(notice);
  } catch (error) {
    deliveries.inc({ channel: channel.name, outcome: 'failed' });
    log.warn(
      {
        event: 'alert.delivery_failed',
        kind: channel.name,
        count: notice.alerts.length,
        reason: safeReason(error),
      },
      'An alert notification could not be delivered',
    );
    return false;
  }
  await markDelivered(notice, channel.name);
  deliveries.inc({ channel: channel.name, outcome: 'ok' });
  return true;
}
