import { defineProvider } from '../contract/provider.ts';
import { defineStream } from '../contract/source.ts';
import { readReferralId } from './item.ts';
import { interpretReferral, referralMapping } from './mapping/referral.ts';
import { parseItems, readReferrals } from './paging.ts';
import { fetchSample } from './request.ts';
import { whoAmI } from './who-am-i.ts';
import { partnerCenterSettings, type PartnerCenterSettings } from './settings.ts';
import { webhook } from './webhook.ts';
import { changeStatus } from './actions.ts';

/** How long a change may take to appear in lists. */
const LOOKBACK_SECONDS = 15 * 60;
/** How often everything is listed, which finds changes that appeared even later. */
const RECONCILE_HOURS = 24;
/** Days for which a refresh token is valid. */
const REFRESH_TOKEN_DAYS = 90;
const MINUTE_MS = 60_000;
/** Minutes between two passes, unless the settings say otherwise. */
const POLLING_MINUTES = 10;
const POLLING_MINUTES_IN_DEVELOPMENT = 0.5;
/** The resource that access tokens are requested for. */
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
  interpret: interpretReferral,
  mapping: referralMapping,
});

/**
 * Microsoft Partner Center: customers that Microsoft and other partners refer, and deals that are
 * sold jointly.
 *
 * The API returns OData lists on behalf of a user who has consented. Access tokens are valid for an
 * hour; refresh tokens are valid for 90 days and are replaced with each use. Next links must not be
 * followed (paging.ts). Leads of the commercial marketplace itself are not included. Everything is
 * read at first and once a day; other passes read what changed since the last one, plus a quarter
 * of an hour before it. No quota is documented, so requests only slow down when Partner Center asks
 * for a pause.
 *
 * Sources: https://learn.microsoft.com/en-us/partner-center/developer/get-a-list-of-referrals and
 * its sibling pages, https://github.com/MicrosoftDocs/partner-rest.
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
        help:
          'The value (not the id) of the application\u2019s secret, in the Azure portal under ' +
          'App registrations > Certificates & secrets.',
      },
      {
        name: 'refreshToken',
        label: 'Refresh token',
        help:
          'The token from the consent of a user with the role Referral Admin or Referral User ' +
          '(Secure Application Model). It is replaced each time it is used, so do not use it ' +
          'elsewhere.',
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
      refreshTokenDays: REFRESH_TOKEN_DAYS,
      // The v1 endpoint uses its own names for the grant and its code.
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
      help:
        'The id of the application that is registered for Partner Center, in the Azure portal ' +
        'under App registrations.',
      required: true,
    },
    {
      name: 'tenant',
      label: 'Directory (tenant) id',
      help:
        'The id of the partner\u2019s directory, or one of its domains. Leave it empty to use ' +
        'the directory of the person who consents.',
    },
  ],
  hosts: ['api.partner.microsoft.com'],
  limits: { concurrency: 2, timeoutMs: 30_000 },
  intervalMs: ({ pollingMinutes }, development) =>
    MINUTE_MS *
    (pollingMinutes ?? (development ? POLLING_MINUTES_IN_DEVELOPMENT : POLLING_MINUTES)),
  webhook,
  actions: [changeStatus],
  streams: [referrals],
  enablesFeatures: ['lead-engine'],
  whoAmI,
  async check(context) {
    await fetchSample(context);
  },
});
