import type { Cluster } from '../kit/cluster.ts';
import { watch, type Demand } from '../kit/server-log.ts';
import type { Visitor } from '../kit/visitor.ts';
import type { Route } from './routes.ts';
import type { Site } from './site.ts';

const warmRounds = 8;
const rounds = 40;

/** Milliseconds of each request. */
export interface Times {
  bare: number[];
  /** The cheapest response of the web process itself: our middleware and nothing else. */
  healthz: number[];
  /** By route, then by site. */
  pages: number[][][];
}

/** Every round asks for everything once, so that a busy moment of the machine touches all alike. */
export async function takeTimes(
  sites: readonly Site[],
  routes: readonly Route[],
  bare: Visitor,
): Promise<Times> {
  const times: Times = { bare: [], healthz: [], pages: routes.map(() => sites.map(() => [])) };
  for (let round = -warmRounds; round < rounds; round += 1) {
    const keep = (list: number[] | undefined, value: number) => {
      if (round >= 0) list?.push(value);
    };
    for (const [index, route] of routes.entries()) {
      keep(times.bare, await bare.time('/'));
      for (const [place, { visitor }] of sites.entries())
        keep(times.pages[index]?.[place], await visitor.time(route.paths[place] ?? ''));
    }
    for (const { visitor } of sites) keep(times.healthz, await visitor.time('/healthz'));
    // One person searches far more often here than the limit of each user allows.
    for (const { database } of sites) await database.query('truncate rate_limits');
  }
  return times;
}

/** What one request of each route asks of the database, by route, then by site. */
export async function countDemands(
  cluster: Cluster,
  sites: readonly Site[],
  routes: readonly Route[],
): Promise<Demand[][]> {
  const demands: Demand[][] = routes.map(() => []);
  await watch(cluster, async (count) => {
    for (const [index, route] of routes.entries()) {
      for (const [place, { database, visitor }] of sites.entries()) {
        demands[index]?.push(
          await count(database.name, () => visitor.time(route.paths[place] ?? '')),
        );
      }
    }
  });
  return demands;
}
