import { median, ms, rate, ratioOf, times, verdict, whole } from '../kit/figures.ts';
import type { Table } from '../kit/report.ts';

/** Milliseconds of processor time of each repetition, of the same records both ways. */
export interface Measured {
  schema: number[];
  byHand: number[];
  records: number;
}

const mostTimes = 3;
const leastPerSecond = 100_000;

export function mappingTable({ schema, byHand, records }: Measured): Table {
  const ratio = ratioOf(schema, byHand);
  const perSecond = (records / median(schema)) * 1000;
  return {
    title: 'A compiled conversion schema, against the same mapping written by hand',
    head: [
      'mapping',
      'schema : by hand',
      'records',
      'schema, records/s',
      'by hand',
      'schema takes',
      'goal',
    ],
    rows: [
      [
        '19 fields of a lead',
        times(ratio),
        whole(records),
        rate(records, median(schema)),
        rate(records, median(byHand)),
        ms(median(schema)),
        verdict(
          { figure: ratio, atMost: mostTimes, name: 'ratio' },
          { figure: perSecond, atLeast: leastPerSecond, name: 'pace' },
        ),
      ],
    ],
    notes: [
      `Goals: at most ${mostTimes} times as long as by hand, and ${whole(leastPerSecond)} records ` +
        'per second and core, by the processor time that they take.',
      'The schema is the default one of a lead of Dynamics 365. Both read the same rows and give ' +
        'the same records, which is compared first: ids, text in one line and in several, an ' +
        'amount, two points in time, a state, labels and choices among several columns. Both ' +
        'call the same functions for them; what differs is how they are put together. The two ' +
        'take turns in one thread.',
    ],
  };
}
