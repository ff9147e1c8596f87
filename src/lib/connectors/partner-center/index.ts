import { defineProvider } from '../contract/provider.ts';
import { defineStream } from '../contract/source.ts';
import { mapReferral, readReferralId } from './mapping.ts';
import { parseItems, readReferrals } from './paging.ts';
import { fetchReferrals } from './request.ts';
import { whoAmI } from './who-am-i.ts';
import { partnerCenterSettings, type PartnerCenterSettings } from './settings.ts';
import { webhook } from './webhook.ts';
import { writeBack } from './actions.ts';

/**
 * How long a change may take until lists show it; what arrives later is found by listing everything
 * once a day.
 */
const LOOKBACK_SECONDS = 15 * 60;
const RECONCILE_HOURS = 24;
/** What a token has to be for. */
const RESOURCE = 'https://api.partner.microsoft.com';

const referrals = defineStream<PartnerCenterSettings, 'referral'>({
  name: 'referrals',
  label: 'Referrals',
  entity: 'referral',
  listing: { kind: 'complete' },
  changes: { by: 'time', lookbackSeconds: LOOKBACK_SECONDS, reconcileHours: RECONCILE_HOURS },
  read: readReferrals,
  parse: parseItems,
  identify: readReferralId,
  map: mapReferral,
});

/**
 * Microsoft Partner Center: customers whom Microsoft and other partners refer, and deals that are
 * sold together.
 *
 * How it works: OData lists behind a user's consent; access tokens of an hour, refresh tokens of 90
 * days that are rotated; next links that must not be followed (paging.ts). Leads of the commercial
 * marketplace itself are not in it. How it is read: everything once and every day, else what
 * changed since the last pass, a quarter of an hour back. Sources:
 * https://learn.microsoft.com/en-us/partner-center/developer/get-a-list-of-referrals and its
 * siblings, https://github.com/MicrosoftDocs/partner-rest. No quota is documented, so only the
 * source's pauses slow it down.
 */
export const partnerCenter = defineProvider({
  key: 'partner-center',
  label: 'Partner Center',
  category: 'partner',
  auth: {
    kind: 'oauth2',
    secrets: [
      {
        name: 'clientSecret',
        label: 'Client secret',
        help: 'Of the application, in the Azure portal under App registrations > Certificates & secrets: its value, not its id.',
      },
      {
        name: 'refreshToken',
        label: 'Refresh token',
        help: 'What the consent of a user in the role Referral Admin or Referral User gave (Secure Application Model). It is replaced at each use, so keep none elsewhere.',
      },
    ],
    grant: {
      kind: 'refresh_token',
      tokenUrl: ({ loginUrl, tenant }: PartnerCenterSettings) =>
        new URL(`${tenant}/oauth2/token`, loginUrl).href,
      tokenHosts: ['login.microsoftonline.com'],
      form: ({ clientId }: PartnerCenterSettings, { clientSecret = '' }) => ({
        client_id: clientId,
        client_secret: clientSecret,
        resource: RESOURCE,
      }),
      refreshTokenDays: 90,
      // The first endpoint has names of its own for the grant and its code.
      device: {
        url: ({ loginUrl, tenant }: PartnerCenterSettings) =>
          new URL(`${tenant}/oauth2/devicecode`, loginUrl).href,
        form: ({ clientId }: PartnerCenterSettings) => ({
          client_id: clientId,
          resource: RESOURCE,
        }),
        grantType: 'device_code',
        codeField: 'code',
      },
    },
  },
  settings: partnerCenterSettings,
  settingFields: [
    {
      name: 'clientId',
      label: 'Application (client) id',
      help: 'Of the application that was registered for Partner Center, in the Azure portal under App registrations.',
      required: true,
    },
    {
      name: 'tenant',
      label: 'Directory (tenant) id',
      help: 'Of the partner\u2019s directory, or one of its domains. Empty: the directory of whoever consented.',
    },
  ],
  hosts: ['api.partner.microsoft.com'],
  limits: { concurrency: 2, timeoutMs: 30_000 },
  intervalMs: ({ pollingMinutes }, development) =>
    (pollingMinutes ?? (development ? 0.5 : 10)) * 60_000,
  webhook,
  writeBack,
  streams: [referrals],
  enablesFeatures: ['lead-engine'],
  whoAmI,
  async check(context) {
    await fetchReferrals(context, { $top: '1' });
  },
});
