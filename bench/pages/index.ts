import { ensureBuilt } from '../../scripts/build.ts';
import { stopPart, type Part as Process } from '../../scripts/processes.ts';
import type { Cluster } from '../kit/cluster.ts';
import type { Part } from '../kit/report.ts';
import { parseSizes } from '../kit/scale.ts';
import { prepareWatching } from '../kit/server-log.ts';
import { visit } from '../kit/visitor.ts';
import { buildBare } from './bare/build.ts';
import { fillMeasured, fillTemplate } from './load.ts';
import { countDemands, takeTimes } from './measure.ts';
import { prepareRoutes } from './routes.ts';
import { openSite, start, type Site } from './site.ts';
import { pageTables, publishedSizes } from './tables.ts';

/** Leads of the measured tenant; fewer for a quick look: BENCH_LEADS=1000,5000,20000. */
const sizes = parseSizes(process.env['BENCH_LEADS'], publishedSizes);

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
    return { name: 'pages', tables: pageTables(sizes, routes, times, demands) };
  } finally {
    for (const each of processes) await stopPart(each);
  }
}
