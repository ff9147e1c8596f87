import { defineProvider } from '../contract/provider.ts';
import { createClientTetherClient } from './client.ts';
import { clientTetherSettings } from './settings.ts';
import { streams } from './streams.ts';

/**
 * ClientTether, the CRM of franchise development teams.
 *
 * How it works: two header keys, GET lists paged by row offset, business errors inside HTTP 200
 * responses (envelope.ts), no filter for changed rows, notes only per client, stages and sources by
 * name. How it is read: each list whole on every pass (paging.ts), notes only of the clients that
 * are due (notes.ts), schedule items within a window (streams.ts), all of it through client.ts;
 * mapping/ turns items into records. Sources: https://support.clienttether.com/api-document/clienttether-api-2-0-doc and
 * public callers of the API. Names that could not be confirmed are read in each known spelling:
 * FIELD_ALIASES in responses.ts.
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
        help: 'In ClientTether under Settings > API, for enterprise users. It changes when that user is renamed.',
      },
      {
        name: 'webKey',
        label: 'Web key',
        help: 'Begins with CT_ and stands for one account. Take care to copy the right account\u2019s.',
      },
    ],
  },
  settings: clientTetherSettings,
  hosts: ['api.clienttether.com'],
  limits: { concurrency: 4, timeoutMs: 30_000 },
  streams,
  async check(context) {
    await createClientTetherClient(context).readSalesCycles(1);
  },
});
