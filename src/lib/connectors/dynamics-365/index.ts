import { actions } from './actions.ts';
import { defineProvider } from '../contract/provider.ts';
import { describe, discovery } from './custom-tables.ts';
import { dynamicsPush } from './destination/index.ts';
import { loginHosts, sovereignLogins } from './clouds.ts';
import { dynamicsSettings, type DynamicsSettings } from './settings.ts';
import { streams } from './streams.ts';
import { fetchWhoAmI, whoAmI } from './who-am-i.ts';

/**
 * Microsoft Dynamics 365 Sales: leads, accounts, contacts, deals, tasks and notes of a customer.
 *
 * Requests go to the Web API of Dataverse (OData 4) on behalf of an application in the customer's
 * directory, which is also a user of the environment with a security role. Option values are
 * numbers whose labels each customer defines, so responses are requested with labels. Everything is
 * read at first and once a day; other passes follow delta links (paging.ts).
 *
 * Sources: https://learn.microsoft.com/en-us/power-apps/developer/data-platform/webapi/overview and
 * its sibling pages; limits:
 * https://learn.microsoft.com/en-us/power-apps/developer/data-platform/api-limits
 */
export const dynamics365 = defineProvider({
  key: 'dynamics-365',
  label: 'Dynamics 365',
  category: 'crm',
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
    ],
    grant: {
      kind: 'client_credentials',
      tokenUrl: ({ loginUrl, tenantId }: DynamicsSettings) =>
        new URL(`${tenantId}/oauth2/v2.0/token`, loginUrl).href,
      tokenHosts: loginHosts,
      form: ({ clientId, baseUrl }: DynamicsSettings, { clientSecret = '' }) => ({
        client_id: clientId,
        client_secret: clientSecret,
        scope: `${new URL(baseUrl).origin}/.default`,
      }),
    },
  },
  settings: dynamicsSettings,
  settingFields: [
    {
      name: 'tenantId',
      label: 'Directory (tenant) id',
      help:
        'The id of the customer\u2019s directory, in the Azure portal under Microsoft Entra ID, ' +
        'or one of its domains.',
      required: true,
    },
    {
      name: 'clientId',
      label: 'Application (client) id',
      help: 'The id of the application that is an application user of the environment.',
      required: true,
    },
  ],
  hosts: ['*.crm*.dynamics.com', ...Object.keys(sovereignLogins)],
  // 6,000 requests in five minutes is the documented limit of one user. The concurrency stays well
  // below the other documented limits: 52 requests at a time and 20 minutes of execution time.
  limits: {
    concurrency: 4,
    timeoutMs: 60_000,
    windows: [{ name: 'five minutes', seconds: 300, requests: 6_000 }],
  },
  streams,
  discovery,
  describe,
  actions,
  push: dynamicsPush,
  whoAmI,
  async check(context) {
    await fetchWhoAmI(context);
  },
});
