import { startPart, stopPart, whenReady } from '../../scripts/processes.ts';
import type { BenchDatabase, Cluster } from '../kit/cluster.ts';
import { useDatabase } from '../kit/environment.ts';
import { startHelper } from '../kit/helper.ts';
import type { Part } from '../kit/report.ts';
import { createAccount } from '../rival/account.ts';
import type { Requests, Settings } from '../rival/server.ts';
import type { ReadJob } from './reader.ts';
import { cases, latencyMs, limit, limitTable, pages, type Measured } from './table.ts';

/** How many requests are wasted on a source that answers 429 beyond its limit. */
export async function benchLimits(cluster: Cluster, say: (text: string) => void): Promise<Part> {
  const server = startPart('stripe', 'bench/rival/server.ts', {});
  try {
    const { port } = await whenReady(server);
    const database = await cluster.createDatabase('limits');
    await useDatabase(database.appUrl, database.superuserUrl);
    const found: Measured[] = [];
    for (const each of cases) {
      found.push(await measure(database, `http://127.0.0.1:${port}/`, each));
      say(`${each.workers} at work, ${each.label}: done`);
    }
    return { name: 'limits', tables: [limitTable(found)] };
  } finally {
    await stopPart(server);
  }
}

/** All workers read their share of the same connection's pages at once. */
async function measure(
  database: BenchDatabase,
  baseUrl: string,
  { workers, windows }: (typeof cases)[number],
): Promise<Measured> {
  await fetch(new URL('settings', baseUrl), {
    method: 'POST',
    body: JSON.stringify({ latencyMs, limit } satisfies Settings),
  });
  const account = await createAccount(baseUrl, `sk_${pages * 100}_limited${workers}`);
  const readers = await Promise.all(
    Array.from({ length: workers }, () =>
      startHelper<ReadJob, { pages: number }>('reader', 'bench/limits/reader.ts'),
    ),
  );
  const share = pages / workers;
  const startedAt = performance.now();
  await Promise.all(
    readers.map((reader, n) =>
      reader.run({
        databaseUrl: database.appUrl,
        account,
        windows,
        from: Math.round(n * share),
        to: Math.round((n + 1) * share),
      }),
    ),
  );
  const ms = performance.now() - startedAt;
  await Promise.all(readers.map((reader) => reader.stop()));
  const response = await fetch(new URL(`requests?key=${account.key}`, baseUrl));
  return { ms, requests: (await response.json()) as Requests };
}
