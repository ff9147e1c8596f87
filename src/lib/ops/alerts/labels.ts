import { publicUrl } from '../../identity/auth/public-url.ts';
import { alertMail, type Mail } from '../../platform/mail/templates.ts';
import type { AlertFacts, Notice } from './notices.ts';
import { rules } from './rules.ts';

/** How many alerts of a digest are told one by one. */
const maxLines = 20;
const maxInBody = 100;

/** What a rule is about, in a few words. */
export function getRuleTitle(rule: string): string {
  return [...rules, testRule].find(({ name }) => name === rule)?.title ?? rule;
}

/** What `alerts test` sends. */
export const testRule = { name: 'test', title: 'Alerts arrive here', severity: 'warning' as const };

/** A notice as a mail. */
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

/** A notice as the JSON that a webhook takes. `id` is the same when a notice is sent twice. */
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
