import { actions } from './actions.ts';
import { defineProvider } from '../contract/provider.ts';
import { isTokenRejected } from './api-error.ts';
import { describe, discovery } from './custom-objects.ts';
import { salesforcePush } from './destination/index.ts';
import { LOGIN_HOSTS, ORG_HOSTS } from './hosts.ts';
import { limits } from './limits.ts';
import { outboundMessage } from './outbound-message.ts';
import { salesforceSettings, type SalesforceSettings } from './settings.ts';
import { signIn } from './sign-in.ts';
import { streams } from './streams.ts';
import { fetchResources, whoAmI } from './who-am-i.ts';

/**
 * Salesforce: leads, accounts, contacts, opportunities, activities and notes of a customer.
 *
 * Requests go to the REST API of the organisation on behalf of the user that its application runs
 * as. Which fields a query may name depends on the customer and on the rights of that user, so
 * objects are described first (describe.ts). Everything is read at first and once a day, of large
 * objects by a job of Bulk API 2.0 (job.ts); other passes follow the time of change (paging.ts,
 * position.ts) and the feed of deletions (deletions.ts). Tokens have no lifetime: they are used
 * until they are rejected. People may also sign in themselves (sign-in.ts). Outbound messages make a
 * pass start sooner (outbound-message.ts).
 *
 * Sources: https://developer.salesforce.com/docs/platform/api-rest/guide/intro-rest.md and its
 * sibling pages.
 */
export const salesforce = defineProvider({
  key: 'salesforce',
  label: 'Salesforce',
  category: 'crm',
  auth: {
    kind: 'oauth2',
    secrets: [
      {
        name: 'clientId',
        label: 'Consumer key',
        help: 'The key of an application that allows the client credentials flow.',
      },
      {
        name: 'clientSecret',
        label: 'Consumer secret',
        help:
          'The secret of the application, in Salesforce under Setup > External Client App ' +
          'Manager, in its OAuth settings.',
      },
    ],
    grant: {
      kind: 'client_credentials',
      // The general login hosts refuse this grant: it is only for the organisation's own address.
      tokenUrl: ({ baseUrl }: SalesforceSettings) => new URL('services/oauth2/token', baseUrl).href,
      tokenHosts: ORG_HOSTS,
      form: (_settings, { clientId = '', clientSecret = '' }) => ({
        client_id: clientId,
        client_secret: clientSecret,
      }),
      isTokenRejected,
    },
  },
  otherAuth: [signIn],
  settings: salesforceSettings,
  hosts: [...ORG_HOSTS, ...LOGIN_HOSTS],
  limits,
  streams,
  discovery,
  describe,
  actions,
  push: salesforcePush,
  webhook: outboundMessage,
  whoAmI,
  async check(context) {
    await fetchResources(context);
  },
});
