import type { BenchDatabase, Cluster } from '../kit/cluster.ts';
import { startHelper } from '../kit/helper.ts';
import type { Part } from '../kit/report.ts';
import { fillMeasured, fillTemplate } from '../pages/load.ts';
import type { ExportJob } from './exporter.ts';
import { exportTable, repetitions, sizes, ways, type Exported, type Measured } from './table.ts';

/** How fast lists leave as files, and what memory that takes, beside what the server can write. */
export async function benchExports(cluster: Cluster, say: (text: string) => void): Promise<Part> {
  const ids = await fillTemplate(cluster);
  const found: Measured[] = [];
  for (const leads of sizes) {
    const database = await cluster.createDatabase(`exports_${leads}`);
    await fillMeasured(database, ids, leads);
    say(`${leads.toLocaleString('en-US')} leads are loaded`);
    found.push(await measure(database, ids.tenantId, leads));
    say(`${leads.toLocaleString('en-US')} leads are exported`);
  }
  return { name: 'exports', tables: [exportTable(found)] };
}

async function measure(
  database: BenchDatabase,
  tenantId: string,
  leads: number,
): Promise<Measured> {
  const series: Record<(typeof ways)[number], Exported[]> = { copy: [], csv: [], xlsx: [] };
  for (let n = 0; n < repetitions; n += 1)
    for (const way of ways)
      series[way].push(await run({ databaseUrl: database.appUrl, tenantId, way }));
  return { leads, series };
}

async function run(job: ExportJob): Promise<Exported> {
  const exporter = await startHelper<ExportJob, Exported>('exporter', 'bench/exports/exporter.ts');
  try {
    return await exporter.run(job);
  } finally {
    await exporter.stop();
  }
}
