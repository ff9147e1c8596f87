import type { Severity } from './rules.ts';

/** An alert as a notice tells of it. */
export interface AlertFacts {
  id: string;
  subject: string;
  message: string;
  openedAt: Date;
  recoveredAt: Date | null;
}

/** One message to operators: about one alert, or about many of one rule. */
export interface Notice {
  kind: 'opened' | 'recovered' | 'test';
  rule: string;
  severity: Severity;
  alerts: AlertFacts[];
}

/** A notice of one alert that has not gone out on a channel. */
export interface PendingNotice extends AlertFacts {
  notice: 'opened' | 'recovered';
  rule: string;
  severity: Severity;
}

/** How a rule does at present on a channel. */
export interface RuleActivity {
  open: number;
  /** When the channel last took a notice of the rule; null when it never did. */
  lastSentAt: Date | null;
}

/** Beyond so many alerts of a rule they are told of together. */
const maxSingleNotices = 20;
/**
 * And then not more often than this: what goes wrong everywhere goes wrong everywhere a little
 * later too.
 */
const digestEveryMs = 15 * 60_000;

/** Which messages go out now. What is left out waits: it is in the next digest of its rule. */
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
