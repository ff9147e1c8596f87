import { ensureBuilt } from '../../scripts/build.ts';
import { listBudgets } from '../../scripts/budgets/site.ts';
import { weigh, type Weight } from '../../scripts/budgets/weigh.ts';
import { startPart, stopPart, whenReady } from '../../scripts/processes.ts';
import type { BenchDatabase, Cluster } from '../kit/cluster.ts';
import { benchEnv } from '../kit/environment.ts';
import type { Part } from '../kit/report.ts';
import { signIn, visit } from '../kit/visitor.ts';
import { fillMeasured, fillTemplate, measured } from '../pages/load.ts';
import { residentBytes } from './memory.ts';
import { weighGrowth } from './growth.ts';
import { growthTable, leads, memoryTable, requests, visitors, weightTable } from './tables.ts';
import { weighWorker } from './worker.ts';

/** What pages weigh in the browser, and processes in memory. */
export async function benchSizes(cluster: Cluster, say: (text: string) => void): Promise<Part> {
  await ensureBuilt();
  const worker = await weighWorker(await cluster.createDatabase('worker'));
  say('The worker is weighed');
  const growth = await weighGrowth(await cluster.createDatabase('growth'));
  say('The growing process is weighed');
  const ids = await fillTemplate(cluster);
  const database = await cluster.createDatabase('sizes');
  await fillMeasured(database, ids, leads);
  // Some pages that have a budget are for admins.
  await database.query(`update memberships set role = 'admin'`);
  const { weights, web } = await weighWeb(database);
  return {
    name: 'sizes',
    tables: [weightTable(weights), memoryTable(web, worker), growthTable(growth)],
  };
}

async function weighWeb(database: BenchDatabase) {
  const part = startPart('web', 'scripts/web.ts', { ...benchEnv(database.appUrl), PORT: '0' });
  try {
    const { port } = await whenReady(part);
    const idle = await residentBytes(part);
    const cookie = await signIn(port, measured.email, measured.password);
    const weights = await weighPages(port, cookie);
    await load(port, cookie);
    return { weights, web: { idle, loaded: await residentBytes(part) } };
  } finally {
    await stopPart(part);
  }
}

async function weighPages(port: number, cookie: string): Promise<Map<string, Weight>> {
  const [signedOut, signedIn] = [visit(port), visit(port, cookie)];
  const weights = new Map<string, Weight>();
  for (const path of Object.keys(listBudgets(measured.slug))) {
    const visitor = path === '/sign-in' ? signedOut : signedIn;
    weights.set(path, await weigh(await visitor.get(path), (file) => visitor.get(file)));
  }
  await Promise.all([signedOut.close(), signedIn.close()]);
  return weights;
}

/** All pages in turn, by several visitors at once. */
async function load(port: number, cookie: string): Promise<void> {
  const paths = Object.keys(listBudgets(measured.slug)).filter((path) => path !== '/sign-in');
  await Promise.all(
    Array.from({ length: visitors }, async () => {
      const visitor = visit(port, cookie);
      for (let n = 0; n < requests / visitors; n += 1)
        await visitor.time(paths[n % paths.length] ?? '');
      await visitor.close();
    }),
  );
}
