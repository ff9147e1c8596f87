import type { ReferralRecord } from '../../records/referral.ts';

/** The fields that determine the type of a referral. */
export interface ReferralTraits {
  type: string | null;
  qualification: string | null;
  /** `inviteContext.invitedBy.organizationId`. */
  invitedBy: string | null;
}

/** The organisation id that Microsoft uses for itself. */
const MICROSOFT = 'msft';

/**
 * Classifies a referral by the rules of
 * https://learn.microsoft.com/en-us/partner-center/developer/referrals-api-introduction:
 * - co-sell: Independent or Shared, SalesQualified or None, invited by another partner
 * - marketplace lead: Independent, Direct, invited by Microsoft or nobody
 * - qualified lead for a solution provider: Independent, SalesQualified or MarketingQualified,
 *   invited by Microsoft
 *
 * Combinations that the rules do not mention count as co-sell when they are shared, and otherwise
 * as leads for a solution provider.
 */
export function classifyReferral({
  type,
  qualification,
  invitedBy,
}: ReferralTraits): ReferralRecord['referralType'] {
  const isPartner = invitedBy !== null && invitedBy.toLowerCase() !== MICROSOFT;
  const [kind, quality] = [type?.toLowerCase(), qualification?.toLowerCase() ?? 'none'];
  if (kind === 'shared' || (isPartner && ['salesqualified', 'none'].includes(quality)))
    return 'co-sell';
  return quality === 'direct' && !isPartner ? 'marketplace' : 'solution-provider';
}
