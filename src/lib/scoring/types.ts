import type { Verdict } from '../posture/types.ts';

export type Segment = 'Migration' | 'Existing' | 'Cold' | 'Skip';
export type TenantSize = 'small' | 'medium' | 'large';

/** One line of a breakdown: a signal, boost or risk with its points. */
export interface BreakdownItem {
  /** Stable name, such as spf, dkim, dmarc, mx, mta_sts, risk.no_dmarc, boost.co_sell. */
  key: string;
  label: string;
  /** Added to the score; below 0 for risks. */
  points: number;
  /** The most points that the signal could earn; null for boosts and risks. */
  most: number | null;
  verdict: Verdict | null;
  /** Sentences for people: what the points rest on. */
  evidence: string;
  /** ISO 8601 in UTC; null when nothing was checked. */
  checkedAt: string | null;
}

/**
 * How a score came about. `signals` holds SPF, DKIM, DMARC and the other signals in the order of
 * `signalOrder`, followed by the boosts.
 */
export interface Breakdown {
  /** Version of the weights. */
  model: number;
  scoredAt: string;
  score: number;
  segment: Segment;
  /** A sentence that explains the segment; likewise the other reasons. */
  segmentReason: string;
  priority: number;
  tenantSize: TenantSize | null;
  tenantSizeReason: string;
  mailProvider: string | null;
  mailProviderReason: string;
  signals: BreakdownItem[];
  risks: BreakdownItem[];
}
