import { isDeepStrictEqual } from 'node:util';
import { dynamics365 } from '#lib/connectors/dynamics-365/index.ts';
import { mapByDefault } from '#lib/connectors/mapped-stream.ts';
import type { Cluster } from '../kit/cluster.ts';
import type { Part } from '../kit/report.ts';
import { scaled } from '../kit/scale.ts';
import { mapByHand } from './by-hand.ts';
import { createRows, type Row } from './leads.ts';
import { mappingTable, type Measured } from './table.ts';

const warmUps = 10;
const repetitions = 40;

/** What a mapping costs as data, over the same mapping as code. It needs no database. */
export async function benchMapping(_cluster: Cluster, say: (text: string) => void): Promise<Part> {
  const map = await mapBySchema();
  const rows = createRows(scaled(10_000));
  for (const row of rows.slice(0, 1_000)) compare(map(row), mapByHand(row));
  const measured: Measured = { schema: [], byHand: [], records: rows.length };
  for (let round = -warmUps; round < repetitions; round += 1) {
    const byHand = time(rows, mapByHand);
    const schema = time(rows, map);
    if (round < 0) continue;
    measured.byHand.push(byHand);
    measured.schema.push(schema);
  }
  say(`${repetitions} repetitions of ${rows.length} records: done`);
  return { name: 'mapping', tables: [mappingTable(measured)] };
}

/** The default mapping of a lead of Dynamics 365. */
async function mapBySchema(): Promise<(row: Row) => object> {
  const settings = dynamics365.settings.parse({});
  const stream = dynamics365.streams.find(({ entity }) => entity === 'lead');
  if (stream === undefined) throw new Error('There is no stream of leads.');
  const context = { settings, currency: 'USD', index: 0 };
  const { map } = await mapByDefault(stream, context);
  return (row) => map(row, context);
}

function compare(one: object, other: object): void {
  if (!isDeepStrictEqual(one, other))
    throw new Error(`The two mappings differ: ${JSON.stringify([one, other])}`);
}

/** Results that stay for a while, as a page of them does, so that nothing is optimised away. */
const kept: object[] = [];
const keep = 200;

/** Milliseconds of processor time for all rows, collecting garbage included. */
function time(rows: readonly Row[], map: (row: Row) => object): number {
  const before = process.cpuUsage();
  for (const [at, row] of rows.entries()) kept[at % keep] = map(row);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
