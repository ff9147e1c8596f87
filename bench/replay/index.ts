import { startPart, stopPart, whenReady } from '../../scripts/processes.ts';
import { replayConnection } from '#lib/ingest/replay/run.ts';
import type { BenchDatabase, Cluster } from '../kit/cluster.ts';
import { useDatabase } from '../kit/environment.ts';
import type { Part } from '../kit/report.ts';
import { scaled } from '../kit/scale.ts';
import { createSubject, sync, type Subject } from '../sync/flow.ts';
import { setLatency, type SandboxReady } from '../sync/sandbox-control.ts';
import { replayTable, type Series } from './table.ts';

const streams = ['clients', 'opportunities', 'activities'];
const account = `lists-${scaled(20_000)}`;
const repetitions = 2;

interface Bench {
  database: BenchDatabase;
  sandbox: SandboxReady;
  subject: Subject;
}

/** Rebuilding rows from stored responses against asking the source for them once more. */
export async function benchReplay(cluster: Cluster, say: (text: string) => void): Promise<Part> {
  const process = startPart('sandbox', 'bench/sync/sandbox.ts', { BENCH_ACCOUNTS: account });
  try {
    const sandbox = (await whenReady(process)) as SandboxReady;
    const database = await cluster.createDatabase('replay');
    await useDatabase(database.appUrl, database.superuserUrl);
    const subject = await createSubject(sandbox.baseUrl, account, streams);
    await sync(subject);
    const bench = { database, sandbox, subject };
    const found = [
      await measure(bench, 'every row changes, as after a new mapping', () => outdate(bench)),
      await measure(bench, 'nothing changes', async () => {}),
    ];
    say('Replay and fetching: done');
    return { name: 'replay', tables: [replayTable(found)] };
  } finally {
    await stopPart(process);
  }
}

/** They take turns. Only the first repetition asks the slow source. */
async function measure(bench: Bench, label: string, before: () => Promise<void>): Promise<Series> {
  const series: Series = { label, replay: [], fetch: { 0: [], 50: [] }, records: Number.NaN };
  for (let n = 0; n < repetitions; n += 1) {
    await before();
    series.replay.push(await timed(async () => (series.records = await replay(bench))));
    for (const latency of n === 0 ? ([0, 50] as const) : ([0] as const)) {
      await setLatency(bench.sandbox, latency);
      await before();
      series.fetch[latency].push(await timed(() => sync(bench.subject)));
    }
  }
  return series;
}

/** How many records were read. Throws unless all of them could be. */
async function replay({ subject: { tenantId, connectionId } }: Bench): Promise<number> {
  let records = 0;
  for (const stream of streams) {
    const report = await replayConnection({ tenantId, connectionId, trigger: 'replay', stream });
    if (report.status !== 'success')
      throw new Error(`The replay ended as ${report.status}: ${report.errorMessage ?? ''}`);
    records += report.streams.reduce((sum, { fetched }) => sum + fetched, 0);
  }
  return records;
}

/** Rows as an older mapping would have made them. */
async function outdate({ database }: Bench): Promise<void> {
  for (const table of ['leads', 'opportunities', 'scheduled_activities'])
    await database.query(`update ${table} set content_hash = 'as mapped before'`);
  await database.query('vacuum analyze');
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}
