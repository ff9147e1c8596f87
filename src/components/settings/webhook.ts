import type { Connectable } from '#lib/connections/connectable.ts';
import type { WebhookView } from '#lib/connections/webhook-view.ts';
import { dateTime } from '../ui/format.ts';

const sooner = 'Changes then arrive as they happen, without waiting for the next scheduled sync.';

/** What there is to say about the webhook of a connection, sentence by sentence. */
export function describeWebhook(
  kind: Connectable['webhook'],
  system: string,
  webhook: WebhookView,
  timeZone: string,
): string[] {
  const at = (when: Date) => dateTime(when, timeZone);
  const { lastAt } = webhook;
  return [
    describeSetup(kind, system, webhook, at),
    ...(lastAt === null ? [] : [`The last change was reported at ${at(lastAt)}.`]),
  ];
}

function describeSetup(
  kind: Connectable['webhook'],
  system: string,
  webhook: WebhookView,
  at: (when: Date) => string,
): string {
  switch (kind) {
    case 'by_app':
      return `Changes at ${system} reach this installation for all its connections. There is nothing to set up here.`;
    case 'by_token':
      return webhook.address === null
        ? `Make an address first, then enter it at ${system}. ${sooner}`
        : `Enter this address at ${system}, and show it to nobody else: whoever knows it can start a sync. ${sooner}`;
    case 'by_hand':
      return `Enter this address in the app at ${system}. ${sooner}`;
    default:
      return describeRegistration(webhook, system, at);
  }
}

function describeRegistration(
  { state, reason, checkedAt }: WebhookView,
  system: string,
  at: (when: Date) => string,
): string {
  const checked = checkedAt === null ? '' : ` Checked at ${at(checkedAt)}.`;
  switch (state) {
    case 'registered':
      return `Registered: ${system} reports changes as they happen.${checked}`;
    case 'unverified':
      return `Unverified: ${system} took the registration and does not confirm it yet.${checked}`;
    case 'failed':
      return `Failed: ${reason ?? ''}${checked}`;
    case null:
      return `Not registered. ${sooner}`;
  }
}
