import { decimals, quantile, seconds, verdict, whole } from '../kit/figures.ts';
import type { Table } from '../kit/report.ts';
import { scaled, share } from '../kit/scale.ts';
import type { Outcome } from './outcomes.ts';

export const tenants = scaled(10_000);
/** The hour shrinks with the tenants in a quick look: the pace stays the same. */
export const hourMs = 3_600_000 * share;
export const latencyMs = 300;
/** How long a fleet works before a window begins, and how long that is. */
export const warmMs = 10_000;
export const windowMs = 60_000;

/** Worker processes, and the syncs that each carries at once (SYNC_CONCURRENCY). */
export interface Fleet {
  workers: number;
  concurrency: number;
}

export const fleets: readonly Fleet[] = [
  { workers: 1, concurrency: 4 },
  { workers: 2, concurrency: 4 },
  { workers: 4, concurrency: 4 },
  { workers: 1, concurrency: 16 },
  { workers: 2, concurrency: 16 },
];

/** What workers cost that have nothing to do, in cores. */
export interface Idle extends Fleet {
  node: number;
  server: number;
}

export const idleFleets: readonly Fleet[] = [
  { workers: 1, concurrency: 4 },
  { workers: 1, concurrency: 16 },
];
export const idleMs = 20_000;

/** A fleet at the pace of the hour, and with everything due at once. */
export interface Load extends Fleet {
  paced: Outcome;
  crowded: Outcome;
}

/** One round through all tenants. */
export interface Tick {
  what: string;
  /** How often it begins. */
  everyMs: number;
  ms: number;
  found: number;
  nodeMs: number;
  serverMs: number;
}

const goal = { freshnessMinutes: 75, roundShare: 0.5 };
const perSecond = tenants / (hourMs / 1000);

export function scaleTables(
  ticks: readonly Tick[],
  loads: readonly Load[],
  idle: readonly Idle[],
): Table[] {
  const all = fleets.map(
    (fleet) =>
      loads.find(
        ({ workers, concurrency }) =>
          workers === fleet.workers && concurrency === fleet.concurrency,
      ) ?? { ...fleet, paced: none, crowded: none },
  );
  return [tickTable(ticks), pacedTable(all), crowdedTable(all), idleTable(idle)];
}

const unknown = Number.NaN;
const none: Outcome = {
  seconds: unknown,
  syncs: unknown,
  failed: unknown,
  pages: unknown,
  lateMs: [],
  overdue: unknown,
  workerMs: unknown,
  serverMs: unknown,
  connections: unknown,
};

function tickTable(ticks: readonly Tick[]): Table {
  const per = (ms: number) => (Number.isFinite(ms) ? `${decimals(ms / tenants, 2)} ms` : whole(ms));
  return {
    title: `Rounds through ${whole(tenants)} tenants`,
    head: ['what', 'every', 'takes', 'found', 'CPU of node', 'of PostgreSQL', 'per tenant', 'goal'],
    rows: ticks.map(({ what, everyMs, ms, found, nodeMs, serverMs }) => [
      what,
      seconds(everyMs),
      seconds(ms),
      whole(found),
      seconds(nodeMs),
      seconds(serverMs),
      per(ms),
      verdict({ figure: ms / everyMs, atMost: goal.roundShare }),
    ]),
    notes: [
      `Goal: a round takes at most ${goal.roundShare * 100} % of the time until the next, so that ` +
        'none is missed. Each worker ticks; the rounds of each minute are shared by all of them.',
      'A connection that was synced queues its own next sync; the tick finds those that nothing ' +
        'has queued.',
    ],
  };
}

const cores = (ms: number, { seconds: window }: Outcome) => decimals(ms / 1000 / window, 2);

function pacedTable(loads: readonly Load[]): Table {
  const minutes = (ms: number) =>
    Number.isFinite(ms) ? `${decimals(60 + ms / 60_000, 1)} min` : whole(ms);
  return {
    title: `${whole(tenants)} tenants that fall due within ${whole(hourMs / 60_000)} minutes`,
    head: [
      'workers',
      'syncs at once, each',
      'syncs/s',
      'due to done, median',
      'p99',
      'p99 of freshness',
      'overdue',
      'failed',
      'cores of workers',
      'of PostgreSQL',
      'database connections',
      'goal',
    ],
    rows: loads.map(({ workers, concurrency, paced, crowded }) => {
      const pace = crowded.syncs / crowded.seconds / perSecond;
      const [middle, late] = [quantile(paced.lateMs, 0.5), quantile(paced.lateMs, 0.99)];
      return [
        String(workers),
        String(concurrency),
        decimals(paced.syncs / paced.seconds, 2),
        seconds(middle),
        seconds(late),
        minutes(late),
        whole(paced.overdue),
        whole(paced.failed),
        cores(paced.workerMs, paced),
        cores(paced.serverMs, paced),
        whole(paced.connections),
        verdict(
          { name: 'freshness', figure: 60 + late / 60_000, atMost: goal.freshnessMinutes },
          { name: 'overdue', figure: paced.overdue, atMost: 0 },
          { name: 'pace', figure: pace, atLeast: 1 },
        ),
      ];
    }),
    notes: [
      `Goal: 99 of 100 syncs end within ${goal.freshnessMinutes} minutes of the one before, an ` +
        'hour and the time from due to done; none is overdue by more than a minute at the end; and ' +
        'the syncs per second of the next table reach the pace, because a fleet that falls short ' +
        'falls behind for the rest of the hour, which the window does not show.',
      `All ${whole(tenants)} tenants are in the database and queued, each with one connection, ` +
        `due evenly at ${decimals(perSecond, 2)} a second. What is measured is a window of ` +
        `${windowMs / 1000} seconds at that pace, ${warmMs / 1000} seconds after it began, not the ` +
        'whole hour.',
      'Each sync is the first of a small ClientTether account (13 pages, 8 clients), dearer than ' +
        `an hourly one. The sandbox answers after ${latencyMs} ms. Cores are processor seconds ` +
        'per second; workers, PostgreSQL and sandbox share the machine.',
    ],
  };
}

function crowdedTable(loads: readonly Load[]): Table {
  return {
    title: 'Everything due at once',
    head: [
      'workers',
      'syncs at once, each',
      'syncs/s',
      'per worker',
      'pages/s',
      'CPU/sync, workers',
      'PostgreSQL',
      'places busy',
      `${whole(tenants)} syncs take, extrapolated`,
    ],
    rows: loads.map(({ workers, concurrency, crowded }) => {
      const rate = crowded.syncs / crowded.seconds;
      const perSync = (ms: number) =>
        Number.isFinite(ms) ? `${whole(ms / crowded.syncs)} ms` : whole(ms);
      return [
        String(workers),
        String(concurrency),
        decimals(rate, 2),
        decimals(rate / workers, 2),
        decimals(crowded.pages / crowded.seconds, 1),
        perSync(crowded.workerMs),
        perSync(crowded.serverMs),
        `${whole(workers * concurrency)}`,
        Number.isFinite(rate) ? `${decimals(tenants / rate / 60, 1)} min` : whole(rate),
      ];
    }),
    notes: [
      'All connections that were not synced yet fall due at one moment, as after an outage. ' +
        'The last column is the rate of the window extrapolated to all tenants.',
    ],
  };
}

function idleTable(idle: readonly Idle[]): Table {
  return {
    title: 'Workers that have nothing to do',
    head: ['workers', 'syncs at once, each', 'cores of workers', 'of PostgreSQL'],
    rows: idleFleets.map(({ workers, concurrency }) => {
      const found = idle.find(
        (each) => each.workers === workers && each.concurrency === concurrency,
      );
      return [
        String(workers),
        String(concurrency),
        decimals(found?.node ?? unknown, 3),
        decimals(found?.server ?? unknown, 3),
      ];
    }),
    notes: [
      'Each place asks each queue for a job once a second: what that costs grows with workers ' +
        `times SYNC_CONCURRENCY. ${idleMs / 1000} seconds on an empty database.`,
    ],
  };
}
