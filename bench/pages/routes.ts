import { measured } from './load.ts';
import type { Site } from './site.ts';

/** A page to measure. */
export interface Route {
  label: string;
  /** Reads rollups only, apart from a table of at most 50 rows. */
  rollup: boolean;
  /** Its address on each site, in their order. */
  paths: string[];
}

export const base = `/w/${measured.slug}`;

const fixed: [label: string, path: string, rollup: boolean][] = [
  ['dashboard', '/dashboard', true],
  ['dashboard, 12 months compared', '/dashboard?period=12m&compare=year', true],
  ['leads', '/leads', true],
  ['leads, 12 months compared', '/leads?period=12m&compare=previous', true],
  ['leads of one source by name', '/leads?source=Website&sort=name&direction=asc', true],
  ['leads of one status by value', '/leads?status=FDD+Sent&sort=value', true],
  ['leads, search', '/leads?search=navarro', false],
  ['pipeline', '/pipeline', true],
  ['hot list', '/hot-list', true],
  ['notes', '/notes', false],
  ['schedule', '/schedule', false],
  ['reports', '/reports', true],
  ['sync status (JSON)', '/api/sync/status', true],
];

export const deepest = 100;

/**
 * All pages, with a lead table that is followed a hundred pages deep (or to its end, where that
 * comes first).
 */
export async function prepareRoutes(sites: readonly Site[]): Promise<Route[]> {
  const deep: Route = { label: `leads, page ${deepest} of the table`, rollup: true, paths: [] };
  for (const site of sites) deep.paths.push(await follow(site, `${base}/leads`, deepest - 1));
  const routes = fixed.map(([label, path, rollup]) => {
    const full = path.startsWith('/api') ? `${path}?tenant=${measured.slug}` : `${base}${path}`;
    return { label, rollup, paths: sites.map(() => full) };
  });
  return [...routes.slice(0, 4), deep, ...routes.slice(4)];
}

/** The address after `steps` clicks on "next". */
export async function follow({ visitor }: Site, start: string, steps: number): Promise<string> {
  let path = start;
  for (let step = 0; step < steps; step += 1) {
    const tag = (await visitor.get(path)).match(/<a\b[^>]*\brel="next"[^>]*>/)?.[0];
    const next = tag
      ?.match(/\bhref="([^"]+)"/)?.[1]
      ?.replaceAll('&amp;', '&')
      .replaceAll('&#38;', '&')
      .replace(/#.*$/, '');
    if (next === undefined) break;
    path = next;
  }
  if (path === start)
    throw new Error('The lead table has no second page: the benchmark would measure nothing.');
  return path;
}
