import { open, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from './cluster.ts';

/*
 * The embedded server comes without pg_stat_statements. Its own log says the same, and more: every
 * statement that arrives, and through auto_explain how many rows each plan read. It costs time, so
 * it is on while statements are counted and off while time is taken.
 */

/** What a piece of work asked of the server. */
export interface Demand {
  /** Everything sent and waited for, BEGIN and COMMIT included. */
  statements: number;
  /** Statements with a plan: SELECT, INSERT, UPDATE, DELETE. */
  queries: number;
  /** Rows that the scans of those plans looked at. */
  rowsRead: number;
  /** 8 kB pages that they touched, cached or not. */
  blocks: number;
}

const entry = '@@entry@@';
/** The server writes its log without delay; its answer may still be a little quicker. */
const settleMs = 150;

/** Must be called before the processes to be watched connect. */
export async function prepareWatching(cluster: Cluster): Promise<void> {
  await set(cluster, {
    log_line_prefix: `'${entry}%d|'`,
    session_preload_libraries: `'auto_explain'`,
  });
}

/** Tells what a piece of work asks of the database called `name`. */
export type Count = (name: string, work: () => Promise<unknown>) => Promise<Demand>;

/** Watches while `body` runs. */
export async function watch(
  cluster: Cluster,
  body: (count: Count) => Promise<void>,
): Promise<void> {
  await set(cluster, {
    log_statement: `'all'`,
    'auto_explain.log_min_duration': '0',
    'auto_explain.log_analyze': 'on',
    'auto_explain.log_buffers': 'on',
    'auto_explain.log_timing': 'off',
    'auto_explain.log_format': `'json'`,
  });
  await body(async (name, work) => {
    const start = (await stat(cluster.logFile)).size;
    await work();
    await sleep(settleMs);
    const entries = (await readFrom(cluster.logFile, start)).split(entry);
    return entries
      .filter((each) => each.startsWith(`${name}|`))
      .reduce(add, { statements: 0, queries: 0, rowsRead: 0, blocks: 0 });
  });
  await set(cluster, { log_statement: `'none'`, 'auto_explain.log_min_duration': '-1' });
}

async function set(cluster: Cluster, settings: Record<string, string>): Promise<void> {
  for (const [name, value] of Object.entries(settings))
    await cluster.query(`alter system set ${name} = ${value}`);
  await cluster.query('select pg_reload_conf()');
  await sleep(settleMs);
}

async function readFrom(file: string, start: number): Promise<string> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    const { buffer } = await handle.read(Buffer.alloc(size - start), 0, size - start, start);
    return buffer.toString('utf8');
  } finally {
    await handle.close();
  }
}

function add(demand: Demand, text: string): Demand {
  const statements = /^[^|]*\|LOG: {2}(statement|execute [^:]*): /.test(text)
    ? demand.statements + 1
    : demand.statements;
  const json =
    text.indexOf('plan:') < 0
      ? undefined
      : text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1);
  if (json === undefined) return { ...demand, statements };
  const { Plan: plan } = JSON.parse(json) as { Plan: Plan };
  const blocks = (plan['Shared Hit Blocks'] ?? 0) + (plan['Shared Read Blocks'] ?? 0);
  return {
    statements,
    queries: demand.queries + 1,
    rowsRead: demand.rowsRead + rowsRead(plan),
    blocks: demand.blocks + blocks,
  };
}

interface Plan {
  'Node Type': string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  'Rows Removed by Index Recheck'?: number;
  'Shared Hit Blocks'?: number;
  'Shared Read Blocks'?: number;
  Plans?: Plan[];
}

function rowsRead(plan: Plan): number {
  const below = (plan.Plans ?? []).reduce((sum, child) => sum + rowsRead(child), 0);
  const isScan = /^(Seq|Index|Index Only|Bitmap Heap|Tid) Scan$/.test(plan['Node Type']);
  if (!isScan) return below;
  const each =
    plan['Actual Rows'] +
    (plan['Rows Removed by Filter'] ?? 0) +
    (plan['Rows Removed by Index Recheck'] ?? 0);
  return below + each * plan['Actual Loops'];
}
