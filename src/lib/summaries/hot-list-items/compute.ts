import type { EntityRows } from '../../entities/definition.ts';
import { fromCents, toCents } from '../../platform/money.ts';

export interface HotListItem {
  opportunityId: string;
  candidateName: string;
  market: string | null;
  units: number;
  franchiseFee: string;
  weightedIff: string;
  /** `weightedIff` in cents, as text because a number cannot hold every amount exactly. */
  weightedCents: string;
  stage: string;
  likelyPct: number;
}

/**
 * The hot list item of an opportunity; null when it is not open, or when its fee, units or
 * likelihood is missing or 0.
 */
export function toHotListItem(row: EntityRows['opportunity']): HotListItem | null {
  const { franchiseFee, units, likelyPct } = row;
  if (
    row.outcome !== 'open' ||
    franchiseFee === null ||
    units === 0 ||
    likelyPct <= 0 ||
    toCents(franchiseFee) <= 0n
  )
    return null;
  const weightedIff = computeWeightedFee(franchiseFee, units, likelyPct);
  return {
    opportunityId: row.id,
    candidateName: row.name,
    market: row.market,
    units,
    franchiseFee,
    weightedIff,
    weightedCents: toCents(weightedIff).toString(),
    stage: row.stage,
    likelyPct,
  };
}

/** The weighted initial franchise fee: units x fee x likelihood, rounded half up to the cent. */
function computeWeightedFee(franchiseFee: string, units: number, likelyPct: number): string {
  // Likelihood in millionths of a percent, which are all that is kept of it, keeps the arithmetic
  // in integers.
  const scaled = toCents(franchiseFee) * BigInt(units) * BigInt(Math.round(likelyPct * 1e6));
  return fromCents((scaled + 50_000_000n) / 100_000_000n);
}
