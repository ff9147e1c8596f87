import { createConnectionClient } from '../../src/lib/connections/client.ts';
import { closeDatabase } from '../../src/lib/platform/db/database.ts';
import { RemoteError } from '../../src/lib/platform/http/errors.ts';
import type { RateWindow } from '#lib/connectors/contract/limits.ts';
import type { ProviderDefinition } from '#lib/connectors/contract/provider.ts';
import { sleepFor } from '../../src/lib/platform/http/retry.ts';
import { useDatabase } from '../kit/environment.ts';
import { serve } from '../kit/helper.ts';
import type { Account } from '../rival/account.ts';
import { customerId } from '../rival/customers.ts';
import { pageSize, stripeProvider } from '../rival/provider.ts';

/**
 * One worker's share of a connection's requests, as a process of its own: pages `from` to `to`,
 * several at once.
 */

export interface ReadJob {
  databaseUrl: string;
  account: Account;
  /** What the provider declares. */
  windows: RateWindow[] | null;
  from: number;
  to: number;
}

/** As many as a ClientTether sync has under way. */
const concurrency = 4;

serve<ReadJob, { pages: number }>(async ({ databaseUrl, account, windows, from, to }) => {
  await useDatabase(databaseUrl);
  const provider = stripeProvider(
    windows === null ? {} : { windows },
  ) as unknown as ProviderDefinition;
  const { tenantId, connectionId, baseUrl, key } = account;
  const http = createConnectionClient(provider, { baseUrl }, { owner: { tenantId, connectionId } });
  const headers = { authorization: `Bearer ${key}` };
  let next = from;
  const lane = async () => {
    for (let page = next++; page < to; page = next++) {
      const query = {
        limit: pageSize,
        starting_after: page === 0 ? undefined : customerId(page * pageSize - 1),
      };
      await insistently(() =>
        http.request({ url: new URL('v1/customers', baseUrl).href, query, headers }),
      );
    }
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
  await http.close();
  await closeDatabase();
  return { pages: to - from };
});

/**
 * A sync that is refused gives up its place and is due again when the refusal ends: so does this.
 */
async function insistently(ask: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      await ask();
      return;
    } catch (error) {
      if (!(error instanceof RemoteError) || error.until === undefined) throw error;
      await sleepFor(Math.max(0, error.until.getTime() - Date.now()));
    }
  }
}
