import { ensureBuilt } from '../../scripts/build.ts';
import { stopPart, type Part as Process } from '../../scripts/processes.ts';
import { leadSearchTokens } from '#lib/entities/lead/search-tokens.ts';
import type { BenchDatabase, Cluster } from '../kit/cluster.ts';
import type { Part } from '../kit/report.ts';
import { parseSizes } from '../kit/scale.ts';
import { buildBare } from '../pages/bare/build.ts';
import { fillMeasured, fillTemplate } from '../pages/load.ts';
import { takeTimes } from '../pages/measure.ts';
import { base, deepest, follow, type Route } from '../pages/routes.ts';
import { openSite, start, type Site } from '../pages/site.ts';
import { visit } from '../kit/visitor.ts';
import { leadTable, publishedSizes } from './table.ts';

/** Leads of each workspace; others for a quick look: BENCH_LEADS=1000,50000. */
const sizes = parseSizes(process.env['BENCH_LEADS'], publishedSizes);

const looks: [label: string, query: string][] = [
  ['newest first', ''],
  ['by score', '?sort=score'],
  ['one segment', '?segment=Migration'],
  ['one segment by score', '?segment=Migration&sort=score'],
  ['scores from 90, one mail provider', '?scoreMin=90&provider=zoho'],
  ['failed pushes', '?push=failed'],
  ['search, one hit', '?search=lead777%40example.com'],
  ['search, one word that one in twelve has', '?search=navarro'],
  ['search, one word that everybody has', '?search=example.com'],
  ['search, a rare and a common word', '?search=lead777%40example.com+example.com'],
  ['search, two common words', '?search=navarro+maria'],
  // Everybody has one first name.
  ['search, two common words that never meet', '?search=todd+maria'],
];

/** The lead table at a million leads. */
export async function benchLeads(cluster: Cluster, say: (text: string) => void): Promise<Part> {
  await Promise.all([ensureBuilt(), buildBare()]);
  const ids = await fillTemplate(cluster);
  const processes: Process[] = [];
  try {
    const sites: Site[] = [];
    for (const leads of sizes) {
      const database = await cluster.createDatabase(`leads_${leads}`);
      await fillMeasured(database, ids, leads);
      await checkSearchTokens(database);
      say(`${leads.toLocaleString('en-US')} leads are loaded`);
      sites.push(await openSite(database, leads, processes));
    }
    const bare = await start('bare page', 'bench/pages/bare/server.ts', {}, processes);
    const yardstick = visit(bare.port);
    const routes = await prepare(sites);
    const { pages } = await takeTimes(sites, routes, yardstick);
    await Promise.all([yardstick.close(), ...sites.map(({ visitor }) => visitor.close())]);
    return { name: 'leads', tables: [leadTable(sizes, routes, pages)] };
  } finally {
    for (const each of processes) await stopPart(each);
  }
}

async function prepare(sites: readonly Site[]): Promise<Route[]> {
  const routes: Route[] = looks.map(([label, query]) => ({
    label,
    rollup: false,
    paths: sites.map(() => `${base}/leads${query || '?sort=created'}`),
  }));
  const paths: string[] = [];
  for (const site of sites)
    paths.push(await follow(site, `${base}/leads?sort=created`, deepest - 1));
  return [...routes, { label: `page ${deepest}`, rollup: false, paths }];
}

/** The search tokens are loaded by SQL: they must be those that a sync would keep. */
async function checkSearchTokens(database: BenchDatabase): Promise<void> {
  const rows = await database.query<{
    name: string;
    company: null;
    email: string;
    phone: string;
    words: string[];
  }>(
    `select name, company, email, phone,
       array(select substr(word, 13) from unnest(tsvector_to_array(terms)) as word) as words
     from leads l join lead_terms t on t.tenant_id = l.tenant_id and t.lead_id = l.id
     where external_id = any('{7,77,777}')`,
  );
  const wrong = rows.find(
    (row) => leadSearchTokens(row).toSorted().join(' ') !== row.words.toSorted().join(' '),
  );
  if (wrong !== undefined || rows.length === 0)
    throw new Error(
      `The benchmark's search tokens are not those of a sync: ${JSON.stringify(wrong)}`,
    );
}
