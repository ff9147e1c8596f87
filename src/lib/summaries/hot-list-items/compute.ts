import type { EntityRows } from '../../entities/definition.ts';
import { fromCents, toCents } from '../../platform/money.ts';

export interface HotListItem {
  opportunityId: string;
  candidateName: string;
  market: string | null;
  units: number;
  franchiseFee: string;
  weightedIff: string;
  /** In cents, as text: more than a number can hold exactly. */
  weightedCents: string;
  stage: string;
  likelyPct: number;
}

/**
 * The hot-list entry of an opportunity; null when it is not open, or has no fee, units or chance to
 * weigh.
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

/** Weighted initial franchise fee: units x fee x likelihood, rounded half up to the cent. */
function computeWeightedFee(franchiseFee: string, units: number, likelyPct: number): string {
  // Hundredths of a percent are enough for any likelihood, and keep the arithmetic whole.
  const scaled = toCents(franchiseFee) * BigInt(units) * BigInt(Math.round(likelyPct * 100));
  return fromCents((scaled + 5_000n) / 10_000n);
}
