import { ensureBuilt } from '../../scripts/build.ts';
import { startPart, stopPart, whenReady, type Part as Process } from '../../scripts/processes.ts';
import type { BenchDatabase, Cluster } from '../kit/cluster.ts';
import { benchEnv } from '../kit/environment.ts';
import type { Part } from '../kit/report.ts';
import { prepareWatching } from '../kit/server-log.ts';
import { signIn, visit, type Visitor } from '../kit/visitor.ts';
import { buildBare } from './bare/build.ts';
import { fillMeasured, fillTemplate, measured } from './load.ts';
import { countDemands, takeTimes } from './measure.ts';
import { prepareRoutes } from './routes.ts';
import { pageTables } from './tables.ts';

/** Leads of the measured tenant; fewer for a quick look: BENCH_LEADS=1000,5000,20000. */
export const sizes = (process.env['BENCH_LEADS'] ?? '1000,100000,1000000').split(',').map(Number);

/** One of the databases with the web process that serves it. */
export interface Site {
  leads: number;
  database: BenchDatabase;
  web: Process;
  visitor: Visitor;
}

/** Server time and queries of each page, by the size of the workspace. */
export async function benchPages(cluster: Cluster, say: (text: string) => void): Promise<Part> {
  await Promise.all([ensureBuilt(), buildBare()]);
  await prepareWatching(cluster);
  const ids = await fillTemplate(cluster);
  const processes: Process[] = [];
  try {
    const sites: Site[] = [];
    for (const leads of sizes) {
      const database = await cluster.createDatabase(`pages_${leads}`);
      await fillMeasured(database, ids, leads);
      say(`${leads.toLocaleString('en-US')} leads are loaded`);
      sites.push(await openSite(database, leads, processes));
    }
    const bare = await start('bare page', 'bench/pages/bare/server.ts', {}, processes);
    const routes = await prepareRoutes(sites);
    const yardstick = visit(bare.port);
    const times = await takeTimes(sites, routes, yardstick);
    say('Times are taken');
    const demands = await countDemands(cluster, sites, routes);
    await Promise.all([yardstick.close(), ...sites.map(({ visitor }) => visitor.close())]);
    return { name: 'pages', tables: pageTables(routes, times, demands) };
  } finally {
    for (const each of processes) await stopPart(each);
  }
}

/** The web process of a database, with somebody who has signed in. */
export async function openSite(
  database: BenchDatabase,
  leads: number,
  processes: Process[],
): Promise<Site> {
  const { process: web, port } = await start(
    `web for ${leads}`,
    'scripts/web.ts',
    { ...benchEnv(database.appUrl), PORT: '0' },
    processes,
  );
  const cookie = await signIn(port, measured.email, measured.password);
  return { leads, database, web, visitor: visit(port, cookie) };
}

export async function start(
  name: string,
  entry: string,
  env: Record<string, string>,
  processes: Process[],
) {
  const part = startPart(name, entry, env);
  processes.push(part);
  return { process: part, port: (await whenReady(part)).port };
}
