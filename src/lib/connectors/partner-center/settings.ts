import { z } from 'zod';
import { entraSettings, rootUrl } from '../kit/settings.ts';

/** Source: https://learn.microsoft.com/en-us/partner-center/developer/get-a-list-of-referrals */
const DEFAULT_BASE_URL = 'https://api.partner.microsoft.com/v1.0/engagements/';
const DEFAULT_WEBHOOK_URL = 'https://api.partnercenter.microsoft.com/';

/** Settings of a Partner Center connection. Each one has a default; a token needs a `clientId`. */
export const partnerCenterSettings = z.strictObject({
  baseUrl: rootUrl(DEFAULT_BASE_URL),
  ...entraSettings,
  /** The partner's directory at Microsoft: its id, one of its domains, or `common`. */
  tenant: z
    .string()
    .trim()
    .regex(/^[\w.-]{1,253}$/, 'is not a directory id or domain')
    .default('common'),
  /** Root of the API for webhook registrations. */
  webhookUrl: rootUrl(DEFAULT_WEBHOOK_URL),
  /** Minutes between two passes over the referrals; fractions such as 0.5 are allowed. */
  pollingMinutes: z.coerce.number().min(0.5).max(1_440).optional(),
});
export type PartnerCenterSettings = z.output<typeof partnerCenterSettings>;
