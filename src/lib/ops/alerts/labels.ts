import { publicUrl } from '../../identity/auth/public-url.ts';
import { alertMail, type Mail } from '../../platform/mail/templates.ts';
import type { AlertFacts, Notice } from './notices.ts';
import { rules } from './rules.ts';

/** The most alerts that a digest lists. */
const maxLines = 20;
const maxInBody = 100;

/** The title of a rule; an unknown rule is its own title. */
export function getRuleTitle(rule: string): string {
  return [...rules, testRule].find(({ name }) => name === rule)?.title ?? rule;
}

/** The rule of the notification that `alerts test` sends. */
export const testRule = { name: 'test', title: 'Alerts arrive here', severity: 'warning' as const };

/** Formats a notification as an e-mail. */
export function toMail(notice: Notice): Mail {
  const { kind, severity, rule, alerts } = notice;
  const what =
    kind === 'recovered'
      ? 'Resolved'
      : kind === 'test'
        ? 'Test'
        : severity === 'critical'
          ? 'Critical'
          : 'Warning';
  const many = alerts.length > 1 ? ` (${alerts.length} alerts)` : '';
  return alertMail(
    `${what}: ${getRuleTitle(rule)}${many}`,
    publicUrl('/alerts'),
    formatLines(notice),
  );
}

function formatLines({ kind, rule, alerts }: Notice): string[] {
  const resolved = kind === 'recovered' ? 'resolved ' : '';
  const intro =
    alerts.length > 1 ? [`${getRuleTitle(rule)}: ${alerts.length} ${resolved}alerts.`] : [];
  const rest = alerts.length > maxLines ? [`And ${alerts.length - maxLines} more.`] : [];
  return [...intro, ...alerts.slice(0, maxLines).map((alert) => formatLine(kind, alert)), ...rest];
}

function formatLine(kind: Notice['kind'], { message, openedAt, recoveredAt }: AlertFacts): string {
  if (kind === 'recovered')
    return `Resolved at ${formatInstant(recoveredAt ?? openedAt)}: ${message}`;
  return kind === 'test' ? message : `${message} Opened at ${formatInstant(openedAt)}.`;
}

const formatInstant = (at: Date): string =>
  `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`;

/**
 * Formats a notification as the JSON body of the alert webhook. `id` is the same when a
 * notification is sent twice.
 */
export function toWebhookBody({ kind, rule, severity, alerts }: Notice): object {
  return {
    id: `${alerts[0]?.id ?? rule}/${kind}`,
    event: `alert.${kind}`,
    rule,
    title: getRuleTitle(rule),
    severity,
    count: alerts.length,
    url: publicUrl('/alerts'),
    alerts: alerts.slice(0, maxInBody),
  };
}
