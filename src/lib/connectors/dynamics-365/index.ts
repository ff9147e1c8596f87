import { defineProvider } from '../contract/provider.ts';
import { dynamicsPush } from './destination/index.ts';
import { dynamicsSettings, type DynamicsSettings } from './settings.ts';
import { streams } from './streams.ts';
import { fetchWhoAmI, whoAmI } from './who-am-i.ts';

/**
 * Microsoft Dynamics 365 Sales: leads, accounts, contacts, deals, tasks and notes of a customer.
 *
 * How it works: the Web API of Dataverse (OData 4) behind an application of the customer's
 * directory, which is also a user of the environment with a security role. Options are numbers
 * whose labels each customer chooses: answers are asked for with labels. How it is read: everything
 * once and every day, else what changed by delta links (paging.ts). Sources:
 * https://learn.microsoft.com/en-us/power-apps/developer/data-platform/webapi/overview and its
 * siblings; limits: https://learn.microsoft.com/en-us/power-apps/developer/data-platform/api-limits
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
        help: 'Of the application, in the Azure portal under App registrations > Certificates & secrets: its value, not its id.',
      },
    ],
    grant: {
      kind: 'client_credentials',
      tokenUrl: ({ loginUrl, tenantId }: DynamicsSettings) =>
        new URL(`${tenantId}/oauth2/v2.0/token`, loginUrl).href,
      tokenHosts: ['login.microsoftonline.com'],
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
      help: 'Of the customer\u2019s directory, in the Azure portal under Microsoft Entra ID, or one of its domains.',
      required: true,
    },
    {
      name: 'clientId',
      label: 'Application (client) id',
      help: 'Of the application that was made an application user of the environment.',
      required: true,
    },
  ],
  hosts: ['*.dynamics.com'],
  // Well below the 52 at once and the 20 minutes of execution that are documented beside the number
  // of requests.
  limits: {
    concurrency: 4,
    timeoutMs: 60_000,
    windows: [{ name: 'five minutes', seconds: 300, requests: 6_000 }],
  },
  streams,
  push: dynamicsPush,
  whoAmI,
  async check(context) {
    await fetchWhoAmI(context);
  },
});
