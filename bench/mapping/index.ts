import { isDeepStrictEqual } from 'node:util';
import { compileMapping } from '#lib/conversion/schema/compile.ts';
import type { Cluster } from '../kit/cluster.ts';
import type { Part } from '../kit/report.ts';
import { scaled } from '../kit/scale.ts';
import { mapByHand } from './by-hand.ts';
import { createRows, type Row } from './leads.ts';
import { leadMapping } from './schema.ts';
import { mappingTable, type Measured } from './table.ts';

const warmUps = 10;
const repetitions = 40;

/** What a mapping costs as data, over the same mapping as code. It needs no database. */
export async function benchMapping(_cluster: Cluster, say: (text: string) => void): Promise<Part> {
  const convert = await compileMapping(leadMapping);
  const rows = createRows(scaled(10_000));
  for (const row of rows.slice(0, 1_000)) compare(convert(row), mapByHand(row));
  const measured: Measured = { schema: [], byHand: [], records: rows.length };
  for (let round = -warmUps; round < repetitions; round += 1) {
    const byHand = time(rows, mapByHand);
    const schema = time(rows, convert);
    if (round < 0) continue;
    measured.byHand.push(byHand);
    measured.schema.push(schema);
  }
  say(`${repetitions} repetitions of ${rows.length} records: done`);
  return { name: 'mapping', tables: [mappingTable(measured)] };
}

function compare(one: { values: object; problems: unknown[] }, other: object): void {
  if (one.problems.length > 0 || !isDeepStrictEqual(one.values, other))
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
