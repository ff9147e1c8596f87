import type { Check, Evidence, Verdict } from '../posture/types.ts';
import type { BreakdownItem } from './types.ts';
import { signalOrder, type SignalKey, type Weights } from './weights.ts';

const labels: Record<SignalKey, string> = {
  spf: 'SPF',
  dkim: 'DKIM',
  dmarc: 'DMARC',
  mx: 'Mail servers (MX)',
  mtaSts: 'MTA-STS',
  tlsRpt: 'TLS reports',
  bimi: 'BIMI',
};
const keys: Record<SignalKey, string> = {
  spf: 'spf',
  dkim: 'dkim',
  dmarc: 'dmarc',
  mx: 'mx',
  mtaSts: 'mta_sts',
  tlsRpt: 'tls_rpt',
  bimi: 'bimi',
};

export interface Readiness {
  /** From 0 to 100, before risks and boosts; 0 when nothing is known. */
  share: number;
  /** How much of the weights is known, from 0 to 100. */
  known: number;
  items: BreakdownItem[];
}

/**
 * The share of the points to be had that a domain has. What is unknown or does not matter is left
 * out on both sides of the share.
 */
export function computeReadiness(evidence: Evidence | null, weights: Weights): Readiness {
  const rows = signalOrder.map((key) => ({
    key,
    check: evidence?.[key] ?? null,
    weight: weights.signals[key],
  }));
  const sum = (over: typeof rows) => over.reduce((total, { weight }) => total + weight, 0);
  const counted = rows.filter(({ check }) => check !== null && isCounted(check.verdict));
  const most = sum(counted);
  const earned = counted.reduce(
    (total, { check, weight }) => total + weight * toPercent(check?.verdict, weights),
    0,
  );
  return {
    share: most === 0 ? 0 : earned / most,
    known:
      (100 * sum(rows.filter(({ check }) => check !== null && check.verdict !== 'unknown'))) /
      sum(rows),
    items: rows.map(({ key, check, weight }) =>
      toBreakdownItem(
        key,
        check,
        isCounted(check?.verdict) && most > 0 ? (100 * weight) / most : 0,
        toPercent(check?.verdict, weights),
      ),
    ),
  };
}

const isCounted = (verdict: Verdict | undefined): boolean =>
  verdict !== undefined && verdict !== 'unknown' && verdict !== 'not_applicable';

function toPercent(verdict: Verdict | undefined, { weak }: Weights): number {
  if (verdict === 'good') return 100;
  return verdict === 'weak' ? weak.share : 0;
}

function toBreakdownItem(
  key: SignalKey,
  check: Check | null,
  most: number,
  percent: number,
): BreakdownItem {
  const common = { key: keys[key], label: labels[key] };
  if (check === null)
    return {
      ...common,
      points: 0,
      most: 0,
      verdict: null,
      evidence: 'Not looked at yet.',
      checkedAt: null,
    };
  return {
    ...common,
    points: roundToTenth((most * percent) / 100),
    most: roundToTenth(most),
    verdict: check.verdict,
    evidence: formatEvidence(key, check),
    checkedAt: check.checkedAt,
  };
}

/** Points are told to one decimal. */
const roundToTenth = (points: number): number => Math.round(points * 10) / 10;

const maxRecordLength = 200;
const maxFindings = 3;

function formatEvidence(key: SignalKey, { verdict, findings, records }: Check): string {
  const messages = findings
    .filter(
      ({ severity }) =>
        severity !== 'info' || verdict === 'unknown' || verdict === 'not_applicable',
    )
    .slice(0, maxFindings)
    .map(({ message }) => message);
  const [record] = records;
  const found =
    record === undefined
      ? []
      : [record.length > maxRecordLength ? `${record.slice(0, maxRecordLength)}…` : record];
  if (verdict === 'unknown')
    return [...(messages.length > 0 ? messages : [formatUnknown(key)]), 'Not counted.'].join(' ');
  if (verdict === 'not_applicable')
    return [
      ...(messages.length > 0 ? messages : ['Does not matter for this domain.']),
      'Not counted.',
    ].join(' ');
  if (messages.length > 0) return messages.join(' ');
  if (found.length > 0) return found.join(' ');
  return verdict === 'missing' ? 'The name servers say that there is none.' : 'As it should be.';
}

function formatUnknown(key: SignalKey): string {
  return key === 'dkim'
    ? 'No key under the names that are known; keys can have any name.'
    : 'The name servers gave no answer.';
}
