import { closeDatabase } from '../src/lib/platform/db/database.ts';
import { startCluster } from './kit/cluster.ts';
import { writeReport } from './kit/document.ts';
import { markdown, type Part } from './kit/report.ts';
import { benchCapacity } from './capacity/index.ts';
import { benchExports } from './exports/index.ts';
import { benchFairness } from './fairness/index.ts';
import { benchFirstLoad } from './first-load/index.ts';
import { benchIndexes } from './indexes/index.ts';
import { benchLeads } from './leads/index.ts';
import { benchLimits } from './limits/index.ts';
import { benchMapping } from './mapping/index.ts';
import { benchPages } from './pages/index.ts';
import { benchReplay } from './replay/index.ts';
import { benchRival } from './rival/index.ts';
import { benchScale } from './scale/index.ts';
import { benchSizes } from './sizes/index.ts';
import { benchSync } from './sync/index.ts';
import { benchWorkers } from './workers/index.ts';

/*
 * npm run bench [-- <part> …]: measures everything or some of the parts below, prints the tables
 * and keeps them in docs/benchmarks.md. Each part has a PostgreSQL of its own, which is gone at the
 * end.
 */

const parts = {
  pages: benchPages,
  leads: benchLeads,
  indexes: benchIndexes,
  sync: benchSync,
  sizes: benchSizes,
  rival: benchRival,
  workers: benchWorkers,
  scale: benchScale,
  capacity: benchCapacity,
  fairness: benchFairness,
  limits: benchLimits,
  exports: benchExports,
  replay: benchReplay,
  'first-load': benchFirstLoad,
  mapping: benchMapping,
};
type Name = keyof typeof parts;

const say = (text: string) => process.stderr.write(`  ${text}\n`);

async function runPart(name: Name): Promise<{ part: Part; postgres: string }> {
  process.stderr.write(`${name}\n`);
  const cluster = await startCluster();
  try {
    const [version] = await cluster.query<{ server_version: string }>('show server_version');
    return { part: await parts[name](cluster, say), postgres: version?.server_version ?? '' };
  } finally {
    await closeDatabase();
    await cluster.stop();
  }
}

function asked(): Name[] {
  const names = process.argv.slice(2);
  const unknown = names.filter((name) => !(name in parts));
  if (unknown.length > 0)
    throw new Error(
      `There is no benchmark called ${unknown.join(', ')}. ` +
        `There are: ${Object.keys(parts).join(', ')}`,
    );
  return (names.length === 0 ? Object.keys(parts) : names) as Name[];
}

for (const name of asked()) {
  const { part, postgres } = await runPart(name);
  process.stdout.write(`\n${part.tables.map(markdown).join('\n')}\n`);
  writeReport(part, postgres);
}
