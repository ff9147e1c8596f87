import { defineProvider } from '../contract/provider.ts';
import { actions } from './actions.ts';
import { createClientTetherClient } from './client.ts';
import { clientTetherSettings } from './settings.ts';
import { streams } from './streams.ts';

/**
 * ClientTether, the CRM of franchise development teams.
 *
 * The API authenticates with two header keys, pages its lists by row offset (GET), and reports
 * errors inside HTTP 200 responses (envelope.ts). It cannot filter for changed rows, returns notes
 * for one client at a time, and refers to stages and lead sources by name. Therefore every pass
 * reads each list completely (paging.ts), notes only for the clients that are due (notes.ts), and
 * scheduled items within a window (streams.ts). All requests go through client.ts; mapping/ holds
 * what turns items into records.
 *
 * Sources: https://support.clienttether.com/api-document/clienttether-api-2-0-doc and public
 * callers of the API. Field names that could not be confirmed are read in each known spelling
 * (FIELD_ALIASES in responses.ts).
 */
export const clienttether = defineProvider({
  key: 'clienttether',
  label: 'ClientTether',
  category: 'crm',
  auth: {
    kind: 'keys',
    secrets: [
      {
        name: 'accessToken',
        label: 'Access token',
        help:
          'In ClientTether under Settings > API, for enterprise users. ' +
          'It changes when that user is renamed.',
      },
      {
        name: 'webKey',
        label: 'Web key',
        help:
          'Begins with CT_ and belongs to one account. ' +
          'Make sure to copy the key of the right account.',
      },
    ],
  },
  settings: clientTetherSettings,
  hosts: ['api.clienttether.com'],
  limits: { concurrency: 4, timeoutMs: 30_000 },
  streams,
  actions,
  async check(context) {
    await createClientTetherClient(context).readSalesCycles(1);
  },
});
