import { Problem } from '../../platform/errors.ts';
import { newId } from '../../platform/id.ts';
import { listChannels, type ChannelName } from './channels.ts';
import { testRule } from './labels.ts';

/**
 * Sends a test notification to each channel, so that an operator can see whether alerts arrive.
 * Throws Problem when there is no channel, or one fails.
 */
export async function sendTestNotice(): Promise<ChannelName[]> {
  const channels = listChannels();
  if (channels.length === 0)
    throw new Problem(
      'unavailable',
      'No alert channel is set: set ALERT_EMAIL, or ALERT_WEBHOOK_URL and ALERT_WEBHOOK_SECRET.',
    );
  const message = 'This is a test: alerts from Tributary arrive here.';
  for (const channel of channels) {
    await channel.send({
      kind: 'test',
      rule: testRule.name,
      severity: testRule.severity,
      alerts: [
        { id: newId(), subject: 'installation', message, openedAt: new Date(), recoveredAt: null },
      ],
    });
  }
  return channels.map(({ name }) => name);
}
