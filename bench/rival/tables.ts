import {
  bytes,
  median,
  rate,
  ratioOf,
  seconds,
  times,
  verdict,
  whole,
  type Goal,
} from '../kit/figures.ts';
import type { Table } from '../kit/report.ts';
import { cutNotes, goalNotes, readingNotes, rerunNotes } from './notes.ts';
import type { Requests } from './server.ts';
import { setups, sides, type Side } from './sides.ts';

/** One read of a whole account. */
export interface Reading {
  ms: number;
  /** User and system time of the side's process, and of the server meanwhile, in milliseconds. */
  nodeMs: number;
  serverMs: number;
  walBytes: number;
}

/** How each side read an account that it had never seen, by repetition. */
export interface Speed {
  latencyMs: number;
  customers: number;
  readings: Partial<Record<Side, Reading[]>>;
}

/** A read that was killed, and the one that followed. Times in milliseconds. */
export interface Cut {
  side: Side;
  customers: number;
  pages: number;
  /** Records that were stored when the process was killed, and in the end. */
  stored: number;
  finally: number;
  before: number;
  after: number;
  requests: Pick<Requests, 'all' | 'repeated'>;
}

/** A read of what has not changed. */
export interface Rerun {
  side: Side;
  customers: number;
  readings: Reading[];
  /** Rows written. */
  records: number;
  books: number;
}

const goals = { supabase: 4, byHand: 1.5, latency: 1.1 };
const pageSize = 100;
/** The latencies of the published figures. */
const latencies = [0, 50];

export function rivalTables(
  speeds: readonly Speed[],
  cuts: readonly Cut[],
  reruns: readonly Rerun[],
): Table[] {
  const all = latencies.map(
    (latencyMs): Speed =>
      speeds.find((speed) => speed.latencyMs === latencyMs) ?? {
        latencyMs,
        customers: Number.NaN,
        readings: {},
      },
  );
  return [goalTable(all), readingTable(all), cutTable(cuts), rerunTable(reruns)];
}

const take = (readings: readonly Reading[] | undefined, field: keyof Reading): number[] =>
  (readings ?? []).map((reading) => reading[field]);
const bound = ({ customers, latencyMs }: Speed) => Math.ceil(customers / pageSize) * latencyMs;

/** How many times as fast as another side we are, within a turn. */
function timesAsFast({ readings }: Pick<Speed, 'readings'>, other: Side): number {
  return ratioOf(take(readings[other], 'ms'), take(readings.ours, 'ms'));
}

function goalTable(speeds: readonly Speed[]): Table {
  return {
    title: 'First read of an account: goals',
    head: ['latency', 'what', 'is', 'at least', 'at most', 'goal'],
    rows: speeds.flatMap(goalRows),
    notes: goalNotes,
  };
}

function goalRows(speed: Speed): string[][] {
  const row = (what: string, figure: number, goal: { atLeast?: number; atMost?: number }) => [
    `${speed.latencyMs} ms`,
    what,
    times(figure),
    goal.atLeast === undefined ? '-' : times(goal.atLeast),
    goal.atMost === undefined ? '-' : times(goal.atMost),
    Object.keys(goal).length === 0 ? '-' : verdict({ figure, ...goal } as Goal),
  ];
  const isBound = speed.latencyMs > 0;
  const ours = median(take(speed.readings.ours, 'ms'));
  return [
    row(
      `our records per second : ${setups.supabase.label}`,
      timesAsFast(speed, 'supabase'),
      isBound ? {} : { atLeast: goals.supabase },
    ),
    row(`our records per second : ${setups.stripe.label}`, timesAsFast(speed, 'stripe'), {}),
    row(`our time : ${setups.byHand.label}`, 1 / timesAsFast(speed, 'byHand'), {
      atMost: goals.byHand,
    }),
    ...(isBound
      ? [row('our time : latency bound', ours / bound(speed), { atMost: goals.latency })]
      : []),
  ];
}

function readingTable(speeds: readonly Speed[]): Table {
  return {
    title: 'First read of an account: what it costs each side',
    head: [
      'latency',
      'side',
      'customers',
      'takes',
      'records/s',
      'time : latency bound',
      ...costHead,
    ],
    rows: speeds.flatMap((speed) =>
      sides.map((side) => {
        const took = median(take(speed.readings[side], 'ms'));
        return [
          `${speed.latencyMs} ms`,
          setups[side].label,
          whole(speed.customers),
          seconds(took),
          rate(speed.customers, took),
          speed.latencyMs === 0 ? '-' : times(took / bound(speed)),
          ...costs(speed.readings[side], speed.customers),
        ];
      }),
    ),
    notes: readingNotes,
  };
}

const costHead = ['CPU/record', 'of it node', 'PostgreSQL', 'WAL/record'];

function costs(readings: readonly Reading[] | undefined, customers: number): string[] {
  const each = (field: keyof Reading) => median(take(readings, field)) / customers;
  const micros = (ms: number) => (Number.isFinite(ms) ? `${whole(ms * 1000)} µs` : whole(ms));
  const [node, server, wal] = [each('nodeMs'), each('serverMs'), each('walBytes')];
  return [micros(node + server), micros(node), micros(server), bytes(wal)];
}

function cutTable(cuts: readonly Cut[]): Table {
  const unknown = Number.NaN;
  const rows = sides.map((side) => {
    const cut = cuts.find((each) => each.side === side);
    const [before, after] = [cut?.before ?? unknown, cut?.after ?? unknown];
    return [
      setups[side].label,
      whole(cut?.customers ?? unknown),
      whole(cut?.stored ?? unknown),
      seconds(before),
      seconds(after),
      times((before + after) / before),
      whole(cut?.pages ?? unknown),
      whole(cut?.requests.all ?? unknown),
      whole(cut?.requests.repeated ?? unknown),
      whole(cut?.finally ?? unknown),
    ];
  });
  return {
    title: `Killed when 60 % of the pages had been answered, then started again`,
    head: [
      'side',
      'customers',
      'stored when killed',
      'until killed',
      'then to the end',
      'both : until killed',
      'pages',
      'requests in all',
      'pages asked for again',
      'stored in the end',
    ],
    rows,
    notes: cutNotes,
  };
}

function rerunTable(reruns: readonly Rerun[]): Table {
  const unknown = Number.NaN;
  return {
    title: 'Read again, nothing changed',
    head: [
      'side',
      'customers',
      'takes',
      'records/s',
      ...costHead,
      'rows of records and sums written',
      'rows of counters and snapshots written',
      'goal',
    ],
    rows: sides.map((side) => {
      const rerun = reruns.find((each) => each.side === side);
      const [customers, written] = [rerun?.customers ?? unknown, rerun?.records ?? unknown];
      const took = median(take(rerun?.readings, 'ms'));
      return [
        setups[side].label,
        whole(customers),
        seconds(took),
        rate(customers, took),
        ...costs(rerun?.readings, customers),
        whole(written),
        whole(rerun?.books ?? unknown),
        side === 'ours' ? verdict({ figure: written, atMost: 0 }) : '-',
      ];
    }),
    notes: rerunNotes,
  };
}
