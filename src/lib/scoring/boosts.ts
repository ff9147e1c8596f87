import type { ReferralRecord } from '../records/referral.ts';
import type { BreakdownItem } from './types.ts';
import type { Weights } from './weights.ts';

export type ReferralType = ReferralRecord['referralType'];

const boosts: Record<
  ReferralType,
  { key: string; label: string; weight: keyof Weights['boosts']; evidence: string }
> = {
  'co-sell': {
    key: 'boost.co_sell',
    label: 'Co-sell referral',
    weight: 'coSell',
    evidence: 'Microsoft has shared a deal at this company with us.',
  },
  marketplace: {
    key: 'boost.marketplace',
    label: 'Marketplace referral',
    weight: 'marketplace',
    evidence: 'The company came through the commercial marketplace.',
  },
  'solution-provider': {
    key: 'boost.solution_provider',
    label: 'Solution provider referral',
    weight: 'solutionProvider',
    evidence: 'Microsoft or a partner referred this company to us.',
  },
};

/** The points that the strongest referral of a company adds; empty without a referral. */
export function computeBoosts(
  referralType: ReferralType | null,
  weights: Weights,
): BreakdownItem[] {
  if (referralType === null) return [];
  const { weight, ...boost } = boosts[referralType];
  return [{ ...boost, points: weights.boosts[weight], most: null, verdict: null, checkedAt: null }];
}
