import type { DnsAnswer, DnsFailure } from './resolver.ts';
import type { Check, Finding, Verdict } from './types.ts';

const MAX_RECORDS = 20;
const MAX_CHARACTERS = 1000;

export const info = (code: string, message: string): Finding => finding(code, 'info', message);
export const warning = (code: string, message: string): Finding =>
  finding(code, 'warning', message);
export const error = (code: string, message: string): Finding => finding(code, 'error', message);

/** Names and records in a message come from strangers. */
function finding(code: string, severity: Finding['severity'], message: string): Finding {
  return { code, severity, message: toPrintable(message) };
}

/** A check with what it rests on cut to the size that is kept. */
export function createCheck(
  verdict: Verdict,
  records: readonly string[],
  findings: Finding[],
  now: () => Date,
): Check {
  return {
    verdict,
    records: records.slice(0, MAX_RECORDS).map(toPrintable),
    findings,
    checkedAt: now().toISOString(),
  };
}

/** Text that JSON columns and pages take, whatever bytes a TXT record held. */
function toPrintable(text: string): string {
  return text
    .slice(0, MAX_CHARACTERS)
    .replaceAll(/\p{Cc}/gu, '\u{fffd}')
    .toWellFormed();
}

/** The records of an answer; none when there is none. */
export function getRecords<Value>(answer: DnsAnswer<Value>): Value[] {
  return answer.kind === 'records' ? answer.records : [];
}

const reasonLabels: Record<DnsFailure, string> = {
  timeout: 'no name server answered in time',
  servfail: 'the name servers reported a failure of their own',
  refused: 'the name servers refused to answer',
  limit: 'the scan had used up its questions or its time before',
};

/** A finding for a question that nobody answered: it says nothing about the domain. */
export function reportUnanswered(code: string, what: string, reason: DnsFailure): Finding {
  return info(
    code,
    `${what} could not be looked up: ${reasonLabels[reason]}. It counts as unknown until the next scan.`,
  );
}
