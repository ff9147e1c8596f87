import { ensureBuilt } from '../../scripts/build.ts';
import { stopPart, type Part as Process } from '../../scripts/processes.ts';
import { leadSearchTokens } from '#lib/entities/lead/search-tokens.ts';
import type { BenchDatabase, Cluster } from '../kit/cluster.ts';
import { median, ms, times as ratio } from '../kit/figures.ts';
import type { Part, Table } from '../kit/report.ts';
import { buildBare } from '../pages/bare/build.ts';
import { fillMeasured, fillTemplate } from '../pages/load.ts';
import { takeTimes } from '../pages/measure.ts';
import { base, deepest, follow, type Route } from '../pages/routes.ts';
import { openSite, start, type Site } from '../pages/site.ts';
import { visit } from '../kit/visitor.ts';

/**
 * A workspace of a thousand leads against one of a million; others for a quick look:
 * BENCH_LEADS=1000,50000.
 */
const [few = 1_000, many = 1_000_000] = (process.env['BENCH_LEADS'] ?? '1000,1000000')
  .split(',')
  .map(Number);
const goal = 1.2;

const looks: [label: string, query: string][] = [
  ['newest first', ''],
  ['by score', '?sort=score'],
  ['one segment', '?segment=Migration'],
  ['one segment by score', '?segment=Migration&sort=score'],
  ['scores from 90, one mail provider', '?scoreMin=90&provider=zoho'],
  ['failed pushes', '?push=failed'],
  ['search, one hit', '?search=lead777%40example.com'],
  ['search, one in twelve', '?search=navarro'],
  ['search, two words', '?search=navarro+maria'],
];

/** The lead table at a million leads. */
export async function benchLeads(cluster: Cluster, say: (text: string) => void): Promise<Part> {
  await Promise.all([ensureBuilt(), buildBare()]);
  const ids = await fillTemplate(cluster);
  const processes: Process[] = [];
  try {
    const sites: Site[] = [];
    for (const leads of [few, many]) {
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
    return { name: 'leads', tables: [buildTable(routes, pages)] };
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
       array(select word from lead_words w
       where w.tenant_id = l.tenant_id and w.lead_id = l.id) as words
     from leads l
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

function buildTable(routes: readonly Route[], pages: number[][][]): Table {
  const rows = routes.map(({ label }, index) => {
    const [small = 0, large = 0] = (pages[index] ?? []).map(median);
    return [
      label,
      ratio(large / small),
      ms(small),
      ms(large),
      large / small <= goal ? 'met' : 'missed',
    ];
  });
  const size = (leads: number) => leads.toLocaleString('en-US');
  return {
    title: 'The lead table',
    head: ['list', `${size(many)} : ${size(few)} leads`, size(few), size(many), 'goal'],
    rows,
    notes: [
      `Goal: the page with the first rows of the list takes at most ${goal} times as ` +
        'long. Each size is a database of its own with 100 tenants, and a web process of ' +
        'its own; every round asks for every list of both sizes once. Medians of the warm ' +
        'rounds, from the request to the last byte.',
      'Rows are filtered, sorted, searched and counted under ' +
        'row-level security, as the application sees them.',
    ],
  };
}
