import { startPart, stopPart, whenReady } from '../../scripts/processes.ts';
import type { BenchDatabase, Cluster } from '../kit/cluster.ts';
import { useDatabase } from '../kit/environment.ts';
import type { Part } from '../kit/report.ts';
import { prepareWatching, watch } from '../kit/server-log.ts';
import { prepareCopy, type CopyBaseline } from './copy.ts';
import { createSubject, fetchOnly, sync, type Subject } from './flow.ts';
import { setLatency, type SandboxReady } from './sandbox-control.ts';
import { syncTables, type Series, type StatementCounts } from './tables.ts';
import { rowsWritten } from './writes.ts';

const lists = ['clients', 'opportunities', 'activities'];
const parents = ['clients'];
const partitioned = ['notes'];

/** What is measured: an account, its streams, and how often at each latency. */
const cases = [
  {
    label: 'lists of 100 rows a page',
    account: 'lists-20000',
    before: [],
    streams: lists,
    repetitions: { 0: 3, 50: 1 },
  },
  {
    label: 'notes, one request per client',
    account: 'notes-1000',
    before: parents,
    streams: partitioned,
    repetitions: { 0: 3, 50: 1 },
  },
];
type Case = (typeof cases)[number];

interface Bench {
  cluster: Cluster;
  database: BenchDatabase;
  sandbox: SandboxReady;
  say: (text: string) => void;
}

/** Records per second from the API into Postgres. */
export async function benchSync(cluster: Cluster, say: (text: string) => void): Promise<Part> {
  await prepareWatching(cluster);
  const process = startPart('sandbox', 'bench/sync/sandbox.ts', {
    BENCH_ACCOUNTS: 'lists-20000,notes-1000,lists-2000,notes-300',
  });
  try {
    const sandbox = (await whenReady(process)) as SandboxReady;
    const database = await cluster.createDatabase('sync');
    await useDatabase(database.appUrl, database.superuserUrl);
    const bench = { cluster, database, sandbox, say };
    const warm = await createSubject(sandbox.baseUrl, 'lists-2000', lists);
    await sync(warm);
    const series: Series[] = [];
    for (const each of cases)
      for (const latency of [0, 50] as const) series.push(await measure(bench, each, latency));
    return { name: 'sync', tables: syncTables(series, await countStatements(bench)) };
  } finally {
    await stopPart(process);
  }
}

/**
 * Fetching, syncing, copying and syncing again take turns, so that a busy moment of the machine
 * touches all alike.
 */
async function measure(bench: Bench, each: Case, latency: 0 | 50): Promise<Series> {
  await setLatency(bench.sandbox, latency);
  const series: Series = {
    label: each.label,
    latency,
    rows: Number.NaN,
    pages: Number.NaN,
    fetch: [],
    sync: [],
    copy: [],
    resync: [],
    writtenAgain: Number.NaN,
  };
  for (let n = 0; n < each.repetitions[latency]; n += 1) {
    const subject = await prepareSubject(bench, each, latency);
    series.fetch.push(await timed(async () => (series.pages = await fetchOnly(subject))));
    series.sync.push(await timed(() => sync(subject)));
    const copy: CopyBaseline = await prepareCopy(bench.cluster, bench.database, { ...subject });
    series.rows = copy.rows - (each.before.length === 0 ? 0 : subject.clients);
    series.copy.push(await copy.run());
    const written = await rowsWritten(bench.database, async () =>
      series.resync.push(await timed(() => resync(bench, each, subject))),
    );
    series.writtenAgain = n === 0 ? written : series.writtenAgain + written;
  }
  bench.say(`${each.label} at ${latency} ms: done`);
  return series;
}

/** What the streams depend on is synced beforehand, at no latency and outside the time taken. */
async function prepareSubject({ sandbox }: Bench, each: Case, latency: number): Promise<Subject> {
  const subject = await createSubject(sandbox.baseUrl, each.account, each.streams);
  if (each.before.length > 0) {
    await setLatency(sandbox, 0);
    await sync({ ...subject, streams: each.before });
    await setLatency(sandbox, latency);
  }
  return subject;
}

/**
 * Notes of clients that did not change are not asked for again: to read them all again, the stream
 * forgets how far it was.
 */
async function resync({ database }: Bench, each: Case, subject: Subject): Promise<void> {
  if (each.before.length > 0)
    await database.query(`update stream_states set high_water = null where tenant_id = $1`, [
      subject.tenantId,
    ]);
  await sync(subject);
}

async function countStatements(bench: Bench): Promise<StatementCounts[]> {
  await setLatency(bench.sandbox, 0);
  const counts: StatementCounts[] = [];
  await watch(bench.cluster, async (count) => {
    for (const each of cases) {
      const account = each.account.replace('20000', '2000').replace('1000', '300');
      const subject = await prepareSubject(bench, { ...each, account }, 0);
      const pages = await fetchOnly(subject);
      const first = await count(bench.database.name, () => sync(subject));
      const again = await count(bench.database.name, () => resync(bench, each, subject));
      counts.push({
        label: each.label,
        first: first.statements / pages,
        again: again.statements / pages,
      });
    }
  });
  return counts;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}
