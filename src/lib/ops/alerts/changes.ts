import type { Finding, Rule, Severity } from './rules.ts';

export interface OpenAlert {
  id: string;
  rule: string;
  subject: string;
  absentChecks: number;
}

export interface FoundAlert extends Finding {
  rule: string;
  severity: Severity;
}

export interface Changes {
  /** Conditions without an open alert. */
  opened: FoundAlert[];
  /** Conditions that persist, with their current message. */
  seen: { id: string; message: string }[];
  /** Conditions that this check did not find, but that may only be flapping. */
  absent: string[];
  /** Alerts whose condition has ended. */
  recovered: string[];
}

/** An alert recovers when this many checks in a row do not find its condition. */
const checksUntilRecovered = 2;

/** Evaluates all rules. A subject that a rule reports twice counts once. */
export function evaluateRules(
  rules: readonly Rule[],
  survey: Parameters<Rule['find']>[0],
): FoundAlert[] {
  const found = rules.flatMap(({ name, severity, find }) =>
    find(survey).map((finding) => ({ ...finding, rule: name, severity })),
  );
  return [...new Map(found.map((one) => [toKey(one), one])).values()];
}

/**
 * Compares open alerts with the findings of a check: which alerts open, persist, may be flapping,
 * or recover.
 */
export function diffAlerts(open: readonly OpenAlert[], found: readonly FoundAlert[]): Changes {
  const byKey = new Map(found.map((one) => [toKey(one), one]));
  const known = new Set(open.map(toKey));
  const changes: Changes = {
    opened: found.filter((one) => !known.has(toKey(one))),
    seen: [],
    absent: [],
    recovered: [],
  };
  for (const alert of open) {
    const still = byKey.get(toKey(alert));
    if (still !== undefined) changes.seen.push({ id: alert.id, message: still.message });
    else if (alert.absentChecks + 1 >= checksUntilRecovered) changes.recovered.push(alert.id);
    else changes.absent.push(alert.id);
  }
  return changes;
}

const toKey = ({ rule, subject }: { rule: string; subject: string }): string =>
  `${rule}\n${subject}`;
