import type { ReferralRecord } from '../../records/referral.ts';

/** What decides the category of a referral. */
export interface ReferralTraits {
  type: string | null;
  qualification: string | null;
  /** `inviteContext.invitedBy.organizationId`. */
  invitedBy: string | null;
}

/** How Microsoft names itself where an organisation is asked for. */
const MICROSOFT = 'msft';

/**
 * The category of a referral, by the rule of
 * https://learn.microsoft.com/en-us/partner-center/developer/referrals-api-introduction:
 * - co-sell: Independent or Shared, SalesQualified or None, invited by another partner
 * - marketplace lead: Independent, Direct, invited by Microsoft or nobody
 * - qualified lead, which comes to a solution provider: Independent, SalesQualified or
 *   MarketingQualified, invited by Microsoft What the rule does not name is co-sell when it is
 *   shared, else it came to us as a solution provider.
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
