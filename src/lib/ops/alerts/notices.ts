import type { Severity } from './rules.ts';

/** The part of an alert that a notification contains. */
export interface AlertFacts {
  id: string;
  subject: string;
  message: string;
  openedAt: Date;
  recoveredAt: Date | null;
}

/** One notification to operators: about one alert, or about many of one rule. */
export interface Notice {
  kind: 'opened' | 'recovered' | 'test';
  rule: string;
  severity: Severity;
  alerts: AlertFacts[];
}

/** A notification of one alert that a channel has not sent yet. */
export interface PendingNotice extends AlertFacts {
  notice: 'opened' | 'recovered';
  rule: string;
  severity: Severity;
}

/** The recent activity of a rule on a channel. */
export interface RuleActivity {
  open: number;
  /** When the channel last sent a notification of the rule; null if never. */
  lastSentAt: Date | null;
}

/** Above this many alerts of a rule, one digest replaces single notifications. */
const maxSingleNotices = 20;
/** Minimum interval between digests of a rule: widespread problems tend to persist for a while. */
const digestEveryMs = 15 * 60_000;

/** Plans which notifications are sent now. The others wait for the next digest of their rule. */
export function planNotices(
  pending: readonly PendingNotice[],
  getActivity: (rule: string) => RuleActivity,
  now: Date,
): Notice[] {
  const groups = Object.values(Object.groupBy(pending, ({ rule, notice }) => `${notice} ${rule}`));
  return groups.flatMap((group = []) => {
    const [first] = group;
    if (first === undefined) return [];
    const { rule, severity, notice: kind } = first;
    const { open, lastSentAt } = getActivity(rule);
    if (Math.max(open, group.length) <= maxSingleNotices)
      return group.map((alert) => ({ kind, rule, severity, alerts: [alert] }));
    const isTooSoon = lastSentAt !== null && now.getTime() - lastSentAt.getTime() < digestEveryMs;
    return isTooSoon ? [] : [{ kind, rule, severity, alerts: group }];
  });
}
