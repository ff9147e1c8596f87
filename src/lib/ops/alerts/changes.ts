import type { Finding, Rule, Severity } from './rules.ts';

/** An alert that is open. */
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
  /** What was not known before. */
  opened: FoundAlert[];
  /** What is still so, with what is to be said of it now. */
  seen: { id: string; message: string }[];
  /** What was not found this time, but may only be flickering. */
  absent: string[];
  /** What is over. */
  recovered: string[];
}

/** A condition is over when so many checks in a row did not find it. */
const checksUntilRecovered = 2;

/** All that the rules find. A subject that a rule names twice counts once. */
export function evaluateRules(
  rules: readonly Rule[],
  survey: Parameters<Rule['find']>[0],
): FoundAlert[] {
  const found = rules.flatMap(({ name, severity, find }) =>
    find(survey).map((finding) => ({ ...finding, rule: name, severity })),
  );
  return [...new Map(found.map((one) => [toKey(one), one])).values()];
}

/** What follows from a check: which alerts open, stay, waver and end. */
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
