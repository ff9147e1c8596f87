import { json, type Reply, type SandboxRequest } from '../kit/provider.ts';
import { badQuery, CODES, Refusal } from './errors.ts';
import { parseFilter } from './filter.ts';
import type { Org } from './org.ts';
import { parsePreferences, type Preferences } from './prefer.ts';
import type { Row } from './store.ts';
import type { Table } from './tables.ts';
import { deltaToken, readDeltaToken, readSkipToken, skipToken, type Place } from './tokens.ts';
import { selected, wireRow, type WireRow } from './wire.ts';

/** One entry of a list: a row, or the mark of a deleted one. */
interface Entry {
  sort: string[];
  shown: () => WireRow;
}

interface Query {
  params: URLSearchParams;
  prefer: Preferences;
  /** The query without its paging cookie, as it came. */
  base: string;
  place: Place | null;
  /** The version of a delta link; null in any other list. */
  since: number | null;
}

/** GET of a table: plain, tracked, or the changes since a delta link. */
export function list(org: Org, table: Table, request: SandboxRequest): Reply {
  const query = parseQuery(org, table, request);
  const tracks = query.prefer.tracks || query.since !== null;
  const upTo = tracks ? (query.place?.upTo ?? org.store.version) : null;
  const all = tracks
    ? trackedEntries(org, table, query, upTo ?? 0)
    : plainEntries(org, table, query);
  const { after } = query.place ?? { after: null };
  const left =
    after === null || request.endless ? all : all.filter(({ sort }) => isAfter(sort, after));
  const top =
    query.params.has('$top') && !query.prefer.text.includes('maxpagesize')
      ? Number(query.params.get('$top'))
      : Number.POSITIVE_INFINITY;
  const page = left.slice(0, Math.min(query.prefer.pageSize, top));
  const more = request.endless || (page.length < left.length && top === Number.POSITIVE_INFINITY);
  const url = `http://${request.headers.host}${request.path}`;
  const next = { page: (query.place?.page ?? 1) + 1, after: page.at(-1)?.sort ?? [], upTo };
  const links = {
    ...(more && {
      '@odata.nextLink':
        `${url}?${query.base}${query.base === '' ? '' : '&'}` +
        `$skiptoken=${skipToken(next, serializeBinding(query), tracks)}`,
    }),
    ...(!more &&
      upTo !== null &&
      hasDeltaLink(org, query) && {
        '@odata.deltaLink':
          `${url}?${removeDeltaToken(query.base)}` + `$deltatoken=${deltaToken(upTo, org.now())}`,
      }),
  };
  if (query.since !== null && all.length === 0 && org.spec.quietDelta === 'empty') return json({});
  const count =
    query.params.get('$count') === 'true' ? { '@odata.count': Math.min(all.length, 5_000) } : {};
  const reply = json({
    '@odata.context': buildContextUrl(request, table),
    ...count,
    value: page.map(({ shown }) => shown()),
    ...links,
  });
  return {
    ...reply,
    headers: {
      ...reply.headers,
      ...(query.prefer.applied !== '' && { 'preference-applied': query.prefer.applied }),
    },
  };
}

const hasDeltaLink = ({ spec }: Org, { prefer }: Query): boolean =>
  spec.deltaLinks !== 'unannotated' || !(prefer.formatted || prefer.targets);

export const buildContextUrl = (request: SandboxRequest, table: Table, suffix = ''): string =>
  `http://${request.headers.host}/dynamics-365/api/data/v9.2/$metadata#${table.set}${suffix}`;

const KNOWN = [
  '$select',
  '$filter',
  '$orderby',
  '$top',
  '$count',
  '$expand',
  '$skiptoken',
  '$deltatoken',
];

function parseQuery(org: Org, table: Table, request: SandboxRequest): Query {
  const params = request.query;
  if (params.has('$skip')) throw badQuery('Skip Clause is not supported in CRM');
  for (const name of params.keys())
    if (name.startsWith('$') && !KNOWN.includes(name))
      throw badQuery(`The query parameter ${name} is not supported.`);
  const [base = '', raw] = request.search.split(/&?\$skiptoken=/);
  const prefer = parsePreferences(request.headers);
  const delta = /\$deltatoken=([^&]*)/.exec(base)?.[1];
  const since = delta === undefined ? null : readDeltaToken(delta, org.now(), org.trackingRules);
  if (prefer.tracks || since !== null) org.refuseTracking(table.name);
  const forbidden =
    prefer.tracks || since !== null
      ? ['filter', 'orderby', 'expand', 'top'].find((name) => params.has(`$${name}`))
      : undefined;
  if (forbidden !== undefined)
    throw badQuery(
      `The "${forbidden}" query parameter isn't supported when Change Tracking is enabled.`,
    );
  if (params.has('$expand')) throw new Refusal(501, CODES.query, 'The sandbox does not expand.');
  const query = { params, prefer, base, since, place: null };
  return raw === undefined
    ? query
    : { ...query, place: readSkipToken(raw, serializeBinding(query)) };
}

const serializeBinding = ({ base, prefer }: Pick<Query, 'base' | 'prefer'>): string =>
  `${base}\n${prefer.text}`;
const removeDeltaToken = (base: string): string =>
  base.replace(/&?\$deltatoken=[^&]*/, '').replace(/(.)$/, '$1&');

function plainEntries(org: Org, table: Table, { params, prefer }: Query): Entry[] {
  const filter = params.get('$filter');
  const test = filter === null ? () => true : parseFilter(table, filter);
  const columns = selected(table, params.get('$select'));
  const entries = org.store
    .rows(table.name)
    .filter(test)
    .map((row) => ({
      sort: sortKey(table, row, params.get('$orderby')),
      shown: () => wireRow(org.store, table, row, columns, prefer),
    }));
  return entries.toSorted((a, b) => compareKeys(a.sort, b.sort));
}

/**
 * All rows by id, or what changed since a version: rows in the order of their change, then what was
 * deleted.
 */
function trackedEntries(
  org: Org,
  table: Table,
  { params, prefer, since }: Query,
  upTo: number,
): Entry[] {
  const columns = selected(table, params.get('$select'));
  const shown = (row: Row) => () => wireRow(org.store, table, row, columns, prefer);
  const rows = org.store.rows(table.name);
  if (since === null)
    return rows
      .map((row) => ({ sort: [String(row[table.id])], shown: shown(row) }))
      .toSorted((a, b) => compareKeys(a.sort, b.sort));
  const changed = rows
    .filter(({ versionnumber }) => Number(versionnumber) > since && Number(versionnumber) <= upTo)
    .map((row) => ({ sort: ['0', padded(Number(row.versionnumber))], shown: shown(row) }));
  const gone = org.store
    .deletedSince(table.name, since)
    .filter(({ version }) => version <= upTo)
    .map(({ id, version }) => ({
      sort: ['1', padded(version)],
      shown: () => ({
        '@odata.context': `${org.root}/api/data/v9.2/$metadata#${table.set}/$deletedEntity`,
        id,
        reason: 'deleted',
      }),
    }));
  return [...changed, ...gone].toSorted((a, b) => compareKeys(a.sort, b.sort));
}

const padded = (version: number): string => String(version).padStart(16, '0');

/** Only ascending and descending by one column, and then by id. */
function sortKey(table: Table, row: Row, order: string | null): string[] {
  const id = String(row[table.id]);
  if (order === null) return [id];
  const [, name = '', direction] = /^(\w+)(?: (asc|desc))?$/.exec(order) ?? [];
  if (!table.columns.some((column) => column.name === name))
    throw badQuery(`The query parameter $orderby=${order} is not understood.`);
  const value = row[name];
  const key = typeof value === 'number' ? padded(value) : String(value ?? '').toLowerCase();
  return [direction === 'desc' ? inverted(key) : key, id];
}

const inverted = (key: string): string =>
  Array.from(key, (character) => String.fromCharCode(0xffff - character.charCodeAt(0))).join('') +
  '\uffff';

function compareKeys(a: readonly string[], b: readonly string[]): number {
  for (const [index, part] of a.entries()) {
    const other = b[index] ?? '';
    if (part !== other) return part < other ? -1 : 1;
  }
  return 0;
}

const isAfter = (sort: readonly string[], after: readonly string[]): boolean =>
  compareKeys(sort, after) > 0;
