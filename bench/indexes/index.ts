import { startPart, stopPart, whenReady } from '../../scripts/processes.ts';
import type { BenchDatabase, Cluster } from '../kit/cluster.ts';
import { useDatabase } from '../kit/environment.ts';
import { startHelper } from '../kit/helper.ts';
import type { Part } from '../kit/report.ts';
import { fillWritten } from '../pages/load.ts';
import { createAccount } from '../rival/account.ts';
import { setups, type SideJob, type SideResult } from '../rival/sides.ts';
import { indexReaders } from './readers.ts';
import { customers, indexTable, leads, type Size } from './table.ts';

/** Every index of the tables that grow: its size for each row, and its reader. */
export async function benchIndexes(cluster: Cluster, say: (text: string) => void): Promise<Part> {
  const database = await cluster.createDatabase('indexes');
  await useDatabase(database.appUrl, database.superuserUrl);
  await fillWritten(database, leads);
  say(`${leads} leads are written`);
  await syncCustomers(database);
  await database.query('vacuum analyze');
  const sizes: Size[] = [];
  for (const table of Object.keys(indexReaders)) sizes.push(await weigh(database, table));
  return { name: 'indexes', tables: [indexTable(sizes)] };
}

async function syncCustomers(database: BenchDatabase): Promise<void> {
  const server = startPart('stripe', 'bench/rival/server.ts', {});
  const side = await startHelper<SideJob, SideResult>('ours', setups.ours.entry);
  try {
    const { port } = await whenReady(server);
    const account = await createAccount(`http://127.0.0.1:${port}/`, `sk_${customers}_indexes`);
    await side.run({ databaseUrl: database.appUrl, account });
  } finally {
    await side.stop();
    await stopPart(server);
  }
}

async function weigh(database: BenchDatabase, table: string): Promise<Size> {
  const [own] = await database.query<{ rows: number; bytes: string }>(
    `select (select count(*)::int from ${table}) as rows, pg_table_size('${table}') as bytes`,
  );
  const indexes = await database.query<{ name: string; bytes: string }>(
    `select indexrelid::regclass::text as name, pg_relation_size(indexrelid) as bytes
     from pg_index where indrelid = '${table}'::regclass`,
  );
  return {
    table,
    rows: own?.rows ?? 0,
    bytes: Number(own?.bytes),
    indexes: Object.fromEntries(indexes.map(({ name, bytes }) => [name, Number(bytes)])),
  };
}
