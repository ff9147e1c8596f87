import { sendMail } from '../../platform/mail/mailer.ts';
import { config } from '../../platform/config.ts';
import type { Notice } from './notices.ts';
import { sendToWebhook } from './webhook.ts';
import { toMail } from './labels.ts';

export type ChannelName = 'email' | 'webhook';

/** A channel that reaches operators. */
export interface Channel {
  name: ChannelName;
  /** Throws unless the notification has certainly arrived. */
  send(notice: Notice): Promise<void>;
}

/** The channels that are configured. */
export function listChannels(): Channel[] {
  const { ALERT_EMAIL: address, ALERT_WEBHOOK_URL: url, ALERT_WEBHOOK_SECRET: secret } = config();
  return [
    ...(address === undefined
      ? []
      : [{ name: 'email' as const, send: (notice: Notice) => sendMail(address, toMail(notice)) }]),
    ...(url === undefined || secret === undefined
      ? []
      : [
          {
            name: 'webhook' as const,
            send: (notice: Notice) => sendToWebhook({ url, secret }, notice),
          },
        ]),
  ];
}
