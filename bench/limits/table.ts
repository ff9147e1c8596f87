import type { RateWindow } from '#lib/connectors/contract/limits.ts';
import { decimals, seconds, times, verdict, whole } from '../kit/figures.ts';
import type { Table } from '../kit/report.ts';
import { scaled } from '../kit/scale.ts';
import type { Requests } from '../rival/server.ts';

/** What the source really allows. */
export const limit = { requests: 100, windowMs: 5_000 };
export const latencyMs = 20;
export const pages = scaled(400);
const goal = 0.95;

const declared: RateWindow[] = [
  { name: 'burst', seconds: limit.windowMs / 1000, requests: limit.requests },
];
/** What is measured, in the order of the table. */
export const cases = [
  { label: 'the provider declares the limit', workers: 4, windows: declared },
  { label: 'it does not; only 429 tells', workers: 1, windows: null },
  { label: 'it does not; only 429 tells', workers: 4, windows: null },
];

/** What was measured of a case. */
export interface Measured {
  ms: number;
  requests: Pick<Requests, 'all' | 'pages' | 'refused'>;
}

const unknown = { all: Number.NaN, pages: Number.NaN, refused: Number.NaN };

/** `found` follows the order of the cases. */
export function limitTable(found: readonly Measured[]): Table {
  const least = (Math.ceil(pages / limit.requests) - 1) * limit.windowMs;
  const rows = cases.map(({ label, workers }, index) => {
    const took = found[index]?.ms ?? Number.NaN;
    const { all, pages: asked, refused } = found[index]?.requests ?? unknown;
    const useful = asked / all;
    return [
      label,
      String(workers),
      decimals(useful, 3),
      whole(all),
      whole(refused),
      least === 0 ? '-' : times(took / least),
      seconds(took),
      verdict({ figure: useful, atLeast: goal }),
    ];
  });
  return {
    title: 'Requests to a source that answers 429 beyond its limit',
    head: [
      'the limit',
      'workers',
      'useful : all requests',
      'requests',
      'of these 429',
      'time : least possible',
      'takes',
      'goal',
    ],
    rows,
    notes: [
      `Goal: at least ${goal} of all requests are useful. The source lets ${limit.requests} ` +
        `requests pass in each ${limit.windowMs / 1000} seconds, counts refused ones too, and ` +
        'says when to come back in whole seconds (Retry-After).',
      `${pages} pages of one connection, shared out among worker processes that ask for four ` +
        'at once each, through the client that syncs use, with its budget in PostgreSQL. A ' +
        'worker that is refused comes back when the refusal ends, as a sync does.',
      `The least possible time is one window less than it takes windows: the first one is free.`,
    ],
  };
}
