import { startPart, stopPart, whenReady } from '../../scripts/processes.ts';
import type { RateWindow } from '#lib/connectors/contract/limits.ts';
import type { BenchDatabase, Cluster } from '../kit/cluster.ts';
import { useDatabase } from '../kit/environment.ts';
import { times } from '../kit/figures.ts';
import { startHelper } from '../kit/helper.ts';
import type { Part, Table } from '../kit/report.ts';
import { scaled } from '../kit/scale.ts';
import { createAccount } from '../rival/account.ts';
import type { Requests, Settings } from '../rival/server.ts';
import type { ReadJob } from './reader.ts';

/** What the source really allows. */
const limit = { requests: 100, windowMs: 5_000 };
const latencyMs = 20;
const pages = scaled(400);
const goal = 0.95;

const declared: RateWindow[] = [
  { name: 'burst', seconds: limit.windowMs / 1000, requests: limit.requests },
];
const cases = [
  { label: 'the provider declares the limit', workers: 4, windows: declared },
  { label: 'it does not; only 429 tells', workers: 1, windows: null },
  { label: 'it does not; only 429 tells', workers: 4, windows: null },
];

type Measured = (typeof cases)[number] & { ms: number; requests: Requests };

/** How many requests are wasted on a source that answers 429 beyond its limit. */
export async function benchLimits(cluster: Cluster, say: (text: string) => void): Promise<Part> {
  const server = startPart('stripe', 'bench/rival/server.ts', {});
  try {
    const { port } = await whenReady(server);
    const database = await cluster.createDatabase('limits');
    await useDatabase(database.appUrl, database.superuserUrl);
    const found: Measured[] = [];
    for (const each of cases) {
      found.push({ ...each, ...(await measure(database, `http://127.0.0.1:${port}/`, each)) });
      say(`${each.workers} at work, ${each.label}: done`);
    }
    return { name: 'limits', tables: [table(found)] };
  } finally {
    await stopPart(server);
  }
}

/** All workers read their share of the same connection's pages at once. */
async function measure(
  database: BenchDatabase,
  baseUrl: string,
  { workers, windows }: (typeof cases)[number],
): Promise<Pick<Measured, 'ms' | 'requests'>> {
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

function table(found: readonly Measured[]): Table {
  const least = (Math.ceil(pages / limit.requests) - 1) * limit.windowMs;
  const rows = found.map(({ label, workers, ms, requests }) => {
    const useful = requests.pages / requests.all;
    return [
      label,
      String(workers),
      useful.toFixed(3),
      String(requests.all),
      String(requests.refused),
      least === 0 ? '-' : times(ms / least),
      `${(ms / 1000).toFixed(1)} s`,
      useful >= goal ? 'met' : 'missed',
    ];
  });
  return {
    title: 'Requests to a source that answers 429 beyond its limit',
    head: [
      'the limit',
      'workers',
      'useful : all requests',
      'requests',
      'of these 429',
      'time : least possible',
      'takes',
      'goal',
    ],
    rows,
    notes: [
      `Goal: at least ${goal} of all requests are useful. The source lets ${limit.requests} ` +
        `requests pass in each ${limit.windowMs / 1000} seconds, counts refused ones too, and ` +
        'says when to come back in whole seconds (Retry-After).',
      `${pages} pages of one connection, shared out among worker processes that ask for four ` +
        'at once each, through the client that syncs use, with its budget in PostgreSQL. A ' +
        'worker that is refused comes back when the refusal ends, as a sync does.',
      `The least possible time is one window less than it takes windows: the first one is free.`,
    ],
  };
}
