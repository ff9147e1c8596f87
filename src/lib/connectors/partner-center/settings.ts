import { z } from 'zod';

/** Source: https://learn.microsoft.com/en-us/partner-center/developer/get-a-list-of-referrals */
const DEFAULT_BASE_URL = 'https://api.partner.microsoft.com/v1.0/engagements/';
const DEFAULT_LOGIN_URL = 'https://login.microsoftonline.com/';
const DEFAULT_WEBHOOK_URL = 'https://api.partnercenter.microsoft.com/';

const rootUrl = (url: string) =>
  z.url().default(url).refine(hasNoQuery, 'must not hold ? or #').transform(withSlash);

/**
 * What a Partner Center connection can be told. Everything has a default; without `clientId` nobody
 * signs in.
 */
export const partnerCenterSettings = z.strictObject({
  baseUrl: rootUrl(DEFAULT_BASE_URL),
  /** Where tokens come from, without the directory. */
  loginUrl: rootUrl(DEFAULT_LOGIN_URL),
  /** The partner's directory at Microsoft: its id, one of its domains, or `common`. */
  tenant: z
    .string()
    .trim()
    .regex(/^[\w.-]{1,253}$/, 'is not a directory id or domain')
    .default('common'),
  /** The application's id in that directory. */
  clientId: z
    .string()
    .trim()
    .regex(/^[\w-]{0,100}$/, 'is not an application id')
    .default(''),
  /** Where webhooks are registered. */
  webhookUrl: rootUrl(DEFAULT_WEBHOOK_URL),
  /** How often referrals are read, in minutes; half a minute is 0.5. */
  pollingMinutes: z.coerce.number().min(0.5).max(1_440).optional(),
});
export type PartnerCenterSettings = z.output<typeof partnerCenterSettings>;

function hasNoQuery(url: string): boolean {
  return !/[?#]/.test(url);
}

function withSlash(url: string): string {
  return url.endsWith('/') ? url : `${url}/`;
}
