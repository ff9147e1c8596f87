import { ensureBuilt } from '../../scripts/build.ts';
import { stopPart, type Part as Process } from '../../scripts/processes.ts';
import type { Cluster } from '../kit/cluster.ts';
import type { Part } from '../kit/report.ts';
import { costOf, readProcessCpu } from '../kit/server-cost.ts';
import { signIn, visit } from '../kit/visitor.ts';
import { fillMeasured, fillTemplate, measured } from '../pages/load.ts';
import { base } from '../pages/routes.ts';
import { start } from '../pages/site.ts';
import { benchEnv } from '../kit/environment.ts';
import { residentBytes } from '../sizes/memory.ts';
import { measureLarge, measureSmall } from './syncs.ts';
import { capacityTables, pageLeads, pagesMs, visitors, type Capacity } from './tables.ts';

/** What one core carries, what processes take of memory, and a lead of disk. */
export async function benchCapacity(cluster: Cluster, say: (text: string) => void): Promise<Part> {
  await ensureBuilt();
  const large = await measureLarge(cluster);
  say('The large connection is synced');
  const { worker, ...small } = await measureSmall(cluster);
  say('The small connections are synced');
  const { web, pages } = await measurePages(cluster);
  const found: Capacity = { ...large, ...small, pages, memory: { web, worker } };
  return {
    name: 'capacity',
    file: 'docs/operations/capacity.md',
    tables: capacityTables(found),
  };
}

async function measurePages(
  cluster: Cluster,
): Promise<{ pages: Capacity['pages']; web: Capacity['memory']['web'] }> {
  const ids = await fillTemplate(cluster);
  const database = await cluster.createDatabase('capacity_pages');
  await fillMeasured(database, ids, pageLeads);
  const processes: Process[] = [];
  try {
    const env = { ...benchEnv(database.appUrl), PORT: '0' };
    const { process: web, port } = await start('web', 'scripts/web.ts', env, processes);
    const idle = await residentBytes(web);
    const cookie = await signIn(port, measured.email, measured.password);
    await load(port, cookie, pagesMs / 4);
    const before = readProcessCpu(web.child.pid);
    const { result: count, cost } = await costOf(cluster, () => load(port, cookie, pagesMs));
    const nodeMs = readProcessCpu(web.child.pid) - before;
    return {
      pages: { count, nodeMs, serverMs: cost.cpuMs },
      web: { idle, loaded: await residentBytes(web) },
    };
  } finally {
    for (const each of processes) await stopPart(each);
  }
}

/** Dashboard and lead table in turn, by several people at once; tells how many pages that were. */
async function load(port: number, cookie: string, forMs: number): Promise<number> {
  const end = performance.now() + forMs;
  const counts = await Promise.all(
    Array.from({ length: visitors }, async () => {
      const visitor = visit(port, cookie);
      let count = 0;
      for (; performance.now() < end; count += 1)
        await visitor.time(`${base}/${count % 2 === 0 ? 'dashboard' : 'leads'}`);
      await visitor.close();
      return count;
    }),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}
