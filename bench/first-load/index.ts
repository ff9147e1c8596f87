import { z } from 'zod';
import { startPart, stopPart, whenReady } from '../../scripts/processes.ts';
import { createConnection } from '#lib/connections/connections.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { syncConnection } from '#lib/ingest/sync-connection.ts';
import type { Cluster } from '../kit/cluster.ts';
import { useDatabase } from '../kit/environment.ts';
import type { Part } from '../kit/report.ts';
import { scaled } from '../kit/scale.ts';
import { setLatency, type SandboxReady } from '../sync/sandbox-control.ts';
import { firstLoadTable, type Load } from './table.ts';

const rows = scaled(200_000);
/** Milliseconds that each request takes more. */
const latencies = [0, 200];

const ways = {
  'REST, 1,000 rows a page': { bulkAbove: rows + 1 },
  'REST, 2,000 rows a page': { bulkAbove: rows + 1, pageSize: 2_000 },
  'Bulk API 2.0, 5,000 rows a page': { bulkAbove: 100 },
};

/** The first load of a large object of Salesforce, by queries and by a job. */
export async function benchFirstLoad(cluster: Cluster, say: (text: string) => void): Promise<Part> {
  const process = startPart('sandbox', 'bench/first-load/sandbox.ts', {
    BENCH_LEADS: String(rows),
  });
  try {
    const sandbox = (await whenReady(process)) as SandboxReady;
    const database = await cluster.createDatabase('first_load');
    await useDatabase(database.appUrl, database.superuserUrl);
    const loads: Load[] = [];
    for (const latency of latencies) {
      await setLatency(sandbox, latency);
      for (const [label, settings] of Object.entries(ways)) {
        loads.push({ label, latency, rows, ...(await load(sandbox, settings)) });
        say(`${label} at ${latency} ms: done`);
      }
    }
    return { name: 'first-load', tables: [firstLoadTable(loads)] };
  } finally {
    await stopPart(process);
  }
}

let made = 0;

/** Milliseconds and requests of the first sync of a new connection. Throws unless all arrived. */
async function load(
  sandbox: SandboxReady,
  settings: object,
): Promise<Pick<Load, 'ms' | 'requests'>> {
  made += 1;
  const { id: tenantId } = await createTenant({ slug: `load-${made}`, name: `Load ${made}` });
  const { id: connectionId } = await createConnection({
    tenantId,
    provider: 'salesforce',
    settings: { baseUrl: sandbox.baseUrl, bulkPollMs: 100, ...settings },
    secrets: { clientId: 'bench_key', clientSecret: 'bench-secret-0123' },
  });
  const before = await countRequests(sandbox);
  const startedAt = performance.now();
  const report = await syncConnection({ tenantId, connectionId, trigger: 'cli' });
  const ms = performance.now() - startedAt;
  const leads = report.streams.find(({ stream }) => stream === 'leads');
  if (report.status !== 'success' || leads?.inserted !== rows)
    throw new Error(`The sync ended as ${report.status}: ${report.errorMessage ?? ''}`);
  return { ms, requests: (await countRequests(sandbox)) - before };
}

const countersSchema = z.object({ total: z.object({ requests: z.number() }) });

async function countRequests({ url }: SandboxReady): Promise<number> {
  const answer = await fetch(`${url}/_control/counters`);
  return countersSchema.parse(await answer.json()).total.requests;
}
