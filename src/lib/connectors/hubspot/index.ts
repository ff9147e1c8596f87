import { actions } from './actions/index.ts';
import { defineProvider } from '../contract/provider.ts';
import { describe, discovery } from './custom-objects.ts';
import { hubSpotPush } from './destination/index.ts';
import { limits } from './limits.ts';
import { hubSpotSettings } from './settings.ts';
import { signIn } from './sign-in.ts';
import { streams } from './streams.ts';
import { webhook } from './webhook.ts';
import { check, whoAmI } from './who-am-i.ts';

/**
 * HubSpot: companies, contacts, leads, deals, notes, tasks and meetings of an account.
 *
 * Everything is listed at first and once a day; other passes search for what has changed
 * (read-objects.ts). All values are text, and owners, stages and associated objects are named by
 * their ids, so their names are read along and stored with each row (compose.ts).
 *
 * Sources: https://developers.hubspot.com/docs/api-reference/crm/understanding-the-crm and its
 * sibling pages, and https://github.com/HubSpot/HubSpot-public-api-spec-collection
 */
export const hubspot = defineProvider({
  key: 'hubspot',
  label: 'HubSpot',
  category: 'crm',
  auth: {
    kind: 'keys',
    secrets: [
      {
        name: 'accessToken',
        label: 'Access token',
        help:
          'The token of a private app, which begins with pat-, in HubSpot under Settings > ' +
          'Integrations > Private apps > Auth.',
      },
    ],
  },
  otherAuth: [signIn],
  settings: hubSpotSettings,
  hosts: ['api.hubapi.com'],
  limits,
  streams,
  discovery,
  describe,
  push: hubSpotPush,
  webhook,
  actions,
  whoAmI,
  check,
});
