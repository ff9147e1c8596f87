import type { Verdict } from '../posture/types.ts';

export type Segment = 'Migration' | 'Existing' | 'Cold' | 'Skip';
export type TenantSize = 'small' | 'medium' | 'large';

/** One reason for points given or taken. */
export interface BreakdownItem {
  /** Stable name, such as spf, dkim, dmarc, mx, mta_sts, risk.no_dmarc, boost.co_sell. */
  key: string;
  label: string;
  /** Added to the score; below 0 for risks. */
  points: number;
  /** What was to be had at most; null for boosts and risks. */
  most: number | null;
  verdict: Verdict | null;
  /** What it rests on, in plain words. */
  evidence: string;
  /** ISO 8601 in UTC; null when nothing was checked. */
  checkedAt: string | null;
}

/**
 * How a score came about: signals first in the order SPF, DKIM, DMARC, then the other signals, then
 * boosts; risks after all signals.
 */
export interface Breakdown {
  /** Version of the weights. */
  model: number;
  scoredAt: string;
  score: number;
  segment: Segment;
  /** Why this segment, in plain words. */
  segmentReason: string;
  priority: number;
  tenantSize: TenantSize | null;
  tenantSizeReason: string;
  mailProvider: string | null;
  mailProviderReason: string;
  signals: BreakdownItem[];
  risks: BreakdownItem[];
}
