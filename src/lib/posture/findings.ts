import type { DnsAnswer, DnsFailure } from './resolver.ts';
import type { Check, Finding, MxCheck, Verdict } from './types.ts';

/** Evidence is stored for every domain, so that each check keeps only so much of what it read. */
const MAX_RECORDS = 20;
const MAX_CHARACTERS = 1000;

export const info = (code: string, message: string): Finding => finding(code, 'info', message);
export const warning = (code: string, message: string): Finding =>
  finding(code, 'warning', message);
export const error = (code: string, message: string): Finding => finding(code, 'error', message);

/** Messages quote names and records that strangers publish, so only printable text is kept. */
function finding(code: string, severity: Finding['severity'], message: string): Finding {
  return { code, severity, message: toPrintable(message) };
}

/** The result of a check, before it is stamped with the time. */
export interface Conclusion {
  verdict: Verdict;
  records: readonly string[];
  findings: Finding[];
}

export const conclude = (
  verdict: Verdict,
  records: readonly string[],
  ...findings: Finding[]
): Conclusion => ({ verdict, records, findings });

/** A check that holds at most MAX_RECORDS records of MAX_CHARACTERS characters each. */
export function createCheck({ verdict, records, findings }: Conclusion, now: () => Date): Check {
  return {
    verdict,
    records: records.slice(0, MAX_RECORDS).map(toPrintable),
    findings,
    checkedAt: now().toISOString(),
  };
}

/** Text that JSON columns and pages accept, whatever bytes the TXT record held. */
function toPrintable(text: string): string {
  return text
    .slice(0, MAX_CHARACTERS)
    .replaceAll(/\p{Cc}/gu, '\u{fffd}')
    .toWellFormed();
}

/** The records of an answer; an empty list for any other outcome. */
export function getRecords<Value>(answer: DnsAnswer<Value>): Value[] {
  return answer.kind === 'records' ? answer.records : [];
}

const reasonLabels: Record<DnsFailure, string> = {
  timeout: 'no name server responded in time',
  servfail: 'the name servers reported a failure',
  refused: 'the name servers refused the query',
  limit: 'the scan had already used up its queries or its time',
};

/** A finding for a query that failed; it says nothing about the domain itself. */
export function reportUnanswered(code: string, what: string, reason: DnsFailure): Finding {
  return info(
    code,
    `${what} could not be looked up because ${reasonLabels[reason]}. ` +
      'The result is unknown until the next scan.',
  );
}

/**
 * Ends the check of a record that only matters to domains that receive mail, where its content
 * cannot decide: the query failed, or the domain receives no mail. Undefined otherwise.
 */
export function concludeWithoutRecord(
  answer: DnsAnswer<string>,
  mx: MxCheck,
  { code, what }: { code: string; what: string },
): Conclusion | undefined {
  if (answer.kind === 'failed')
    return conclude('unknown', [], reportUnanswered(code, what, answer.reason));
  if (mx.verdict === 'not_applicable' || mx.verdict === 'missing')
    return conclude('not_applicable', []);
  return undefined;
}
