import { median, times, whole } from '../kit/figures.ts';
import type { Table } from '../kit/report.ts';
import type { Requests } from './server.ts';

/** Milliseconds that each side took to read an account it had never seen, by repetition. */
export interface Speed {
  latencyMs: number;
  customers: number;
  ours: number[];
  theirs: number[];
}

/** A read that was killed, and the one that followed. Times in milliseconds. */
export interface Cut {
  side: string;
  customers: number;
  pages: number;
  /** Records that were stored when the process was killed, and in the end. */
  stored: number;
  finally: number;
  before: number;
  after: number;
  requests: Requests;
}

/** A read of what has not changed. */
export interface Rerun {
  side: string;
  customers: number;
  ms: number;
  records: number;
  books: number;
}

const goals = { times: 4, latency: 1.1 };
const pageSize = 100;
const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;

export function rivalTables(
  speeds: readonly Speed[],
  cuts: readonly Cut[],
  reruns: readonly Rerun[],
): Table[] {
  return [speedTable(speeds), cutTable(cuts), rerunTable(reruns)];
}

const bound = ({ customers, latencyMs }: Speed) => Math.ceil(customers / pageSize) * latencyMs;

function speedTable(speeds: readonly Speed[]): Table {
  const rows = speeds.map((speed) => {
    const ratio = median(speed.theirs.map((ms, n) => ms / (speed.ours[n] ?? ms)));
    const [ours, theirs] = [median(speed.ours), median(speed.theirs)];
    const least = bound(speed);
    const met = least === 0 ? ratio >= goals.times : ours / least <= goals.latency;
    const overBound = (ms: number) => (least === 0 ? '-' : times(ms / least));
    const rate = (ms: number) => whole((speed.customers / ms) * 1000);
    return [
      `${speed.latencyMs} ms`,
      times(ratio),
      overBound(ours),
      overBound(theirs),
      whole(speed.customers),
      rate(ours),
      rate(theirs),
      seconds(ours),
      seconds(theirs),
      met ? 'met' : 'missed',
    ];
  });
  return {
    title: 'First read of an account, side by side with @supabase/stripe-sync-engine 0.48.5',
    head: [
      'latency',
      'ours : theirs, records per second',
      'our time : latency bound',
      'their time : bound',
      'customers',
      'ours, records/s',
      'theirs, records/s',
      'ours',
      'theirs',
      'goal',
    ],
    rows,
    notes: [
      `Goals: without latency at least ${goals.times} times their records per second; ` +
        `with latency at most ${goals.latency} times the bound, which is pages times ` +
        'latency: a page is only known when the one before has arrived.',
      'Both read the same loopback server (bench/rival/server.ts) in pages of 100, each in a ' +
        'fresh process of its own and into a database of its own on the same PostgreSQL with ' +
        'default durability. They take turns; ratios are within a turn.',
      'For each page we keep the raw response (compressed, by content), look up what is there, ' +
        'compare digests, store 100 leads (typed columns, raw JSON, fourteen indexes besides ' +
        'two keys), their search tokens and their company domains, add to counts by ' +
        'day and month, and write counters and cursor, all in one transaction under row-level ' +
        'security.',
      'They run as their README has it: runMigrations, then syncBackfill({ object: ' +
        '"customer" }) with its default pool of 10. For each customer it sends one upsert of ' +
        '21 columns (a primary key, no other index), five at a time, each its own transaction; ' +
        'it keeps no raw response, no sums, no counters and no cursor, and connects as superuser.',
      'Their README advises a loop over days for more than 10,000 objects, ' +
        'for the sake of memory and timeouts; one call asks for fewer pages and ' +
        'is faster, so one call is what is measured.',
    ],
  };
}

function cutTable(cuts: readonly Cut[]): Table {
  const rows = cuts.map((cut) => [
    cut.side,
    whole(cut.stored),
    seconds(cut.before),
    seconds(cut.after),
    times((cut.before + cut.after) / cut.before),
    whole(cut.pages),
    whole(cut.requests.all),
    whole(cut.requests.repeated),
    whole(cut.finally),
  ]);
  const [pages, customers] = [cuts[0]?.pages ?? 0, cuts[0]?.customers ?? 0];
  return {
    title: `Killed when 60 % of the pages had been asked for, then started again`,
    head: [
      'side',
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
    notes: [
      `${whole(customers)} customers on ${whole(pages)} pages, no latency. ` +
        'SIGKILL; a new process starts the same read. A read that loses nothing ' +
        'takes 1 / 0.6 = 1.67 times the time until it was killed.',
      'We go on behind the last stored page. What had been asked for and was not stored ' +
        'yet is asked for again. Theirs has no cursor: it starts over.',
      'The lease of the killed run was ended by hand: in service another worker ' +
        'waits until it runs out, SYNC_LEASE_SECONDS (30) at most; a worker that ' +
        'is stopped in order gives it back at once.',
    ],
  };
}

function rerunTable(reruns: readonly Rerun[]): Table {
  return {
    title: 'Read again, nothing changed',
    head: [
      'side',
      'customers',
      'takes',
      'records/s',
      'rows of records and sums written',
      'rows of counters and snapshots written',
      'goal',
    ],
    rows: reruns.map(({ side, customers, ms, records, books }) => [
      side,
      whole(customers),
      seconds(ms),
      whole((customers / ms) * 1000),
      whole(records),
      whole(books),
      side !== 'ours' ? '-' : records === 0 ? 'met' : 'missed',
    ]),
    notes: [
      'Goal: we write no row of a record or a sum. For each page we still note that it ' +
        'was read: a snapshot row (its body is there already), the counters and the cursor. ' +
        'Theirs updates each row, if only last_synced_at.',
    ],
  };
}
