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
  /** Readiness from 0 to 100, before risks and boosts; 0 when nothing is known. */
  share: number;
  /** Share of the signals that are known, by weight, from 0 to 100. */
  known: number;
  items: BreakdownItem[];
}

/**
 * Computes the points that a domain earns as a share of those it could earn. Signals that are
 * unknown or not applicable count on neither side.
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
      evidence: 'Not checked yet.',
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

/** Points are shown with one decimal. */
const roundToTenth = (points: number): number => Math.round(points * 10) / 10;

/** Bounds of the evidence text of one signal: characters of a DNS record, and findings. */
const maxRecordLength = 200;
const maxFindings = 3;

function formatEvidence(key: SignalKey, { verdict, findings, records }: Check): string {
  const isUncounted = !isCounted(verdict);
  const messages = findings
    .filter(({ severity }) => severity !== 'info' || isUncounted)
    .slice(0, maxFindings)
    .map(({ message }) => message);
  const text = messages.length > 0 ? messages.join(' ') : undefined;
  return isUncounted
    ? `${text ?? formatUncounted(key, verdict)} Not counted.`
    : (text ?? formatRecord(records) ?? formatPlain(verdict));
}

function formatRecord([record]: readonly string[]): string | undefined {
  if (record === undefined) return undefined;
  return record.length > maxRecordLength ? `${record.slice(0, maxRecordLength)}…` : record;
}

const formatPlain = (verdict: Verdict): string =>
  verdict === 'missing' ? 'The domain has no such record.' : 'Set up correctly.';

function formatUncounted(key: SignalKey, verdict: Verdict): string {
  if (verdict === 'not_applicable') return 'Not applicable to this domain.';
  return key === 'dkim'
    ? 'No key was found under common selectors, but a key can have any selector.'
    : 'The name servers did not respond.';
}
