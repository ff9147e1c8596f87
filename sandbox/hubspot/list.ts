import { json, type Reply, type SandboxRequest } from '../kit/provider.ts';
import type { HubSpotAccount } from './account.ts';
import { invalid } from './errors.ts';
import { compareIds, type Row } from './store.ts';
import { wireInlineLinks, wireRow } from './wire.ts';

const KNOWN = new Set([
  'limit',
  'after',
  'properties',
  'propertiesWithHistory',
  'associations',
  'archived',
]);
const MAX_LIMIT = 100;
/** Archived rows are kept for so long. */
const KEPT_MS = 90 * 86_400_000;

/** GET of all objects of a type, live or archived, in the order of their ids. */
export function list(account: HubSpotAccount, request: SandboxRequest): Reply {
  const spec = account.readable(request.params.type ?? '');
  const { query, endless } = request;
  const limit = readLimit(query.get('limit'), MAX_LIMIT);
  for (const name of query.keys())
    if (!KNOWN.has(name)) throw invalid(`Unknown query parameter ${name}`, name);
  if (query.has('propertiesWithHistory')) throw invalid('The sandbox keeps no history.');
  const types = readNames(query, 'associations').map((name) => account.readable(name).type);
  const all = readArchived(query.get('archived'))
    ? account.store.archived(spec.type).filter((row) => isKept(account, row))
    : account.store.live(spec.type);
  const after = query.get('after');
  if (after !== null && !/^\d+$/.test(after))
    throw invalid('Invalid input JSON on line 1, column 1: invalid after', 'after');
  const left = after === null ? all : all.filter(({ id }) => compareIds(id, after) > 0);
  const page = left.slice(0, limit);
  const properties = readNames(query, 'properties');
  const known = account.names(spec, properties);
  const results = page.map((row) => ({
    ...wireRow(account, spec, row, properties, known),
    ...wireInlineLinks(account, row, types),
  }));
  const last = page.at(-1)?.id ?? after;
  const hasMore = endless ? last !== null : left.length > page.length;
  return json({ results, ...(hasMore && { paging: pagingAfter(account, request, last ?? '') }) });
}

function pagingAfter({ spec }: HubSpotAccount, request: SandboxRequest, after: string): object {
  if (spec.sparse) return { next: { after } };
  const query = new URLSearchParams(request.query);
  query.set('after', after);
  return { next: { after, link: `https://api.hubapi.com${request.path}?${query.toString()}` } };
}

const isKept = (account: HubSpotAccount, { archivedAt }: Row): boolean =>
  archivedAt !== null && archivedAt > account.now() - KEPT_MS;

/** A number from 1 to the most that is allowed; 10 when it is left out. */
export function readLimit(text: string | null, most: number, otherwise = 10): number {
  if (text === null) return otherwise;
  const limit = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(limit >= 1 && limit <= most))
    throw invalid(`limit must be between 1 and ${most} but was ${text}`, 'limit');
  return limit;
}

export function readArchived(text: string | null): boolean {
  if (text !== null && text !== 'true' && text !== 'false')
    throw invalid(`archived must be true or false but was ${text}`, 'archived');
  return text === 'true';
}

/** A list that is repeated or separated by commas. */
const readNames = (query: URLSearchParams, name: string): string[] =>
  query
    .getAll(name)
    .flatMap((text) => text.split(','))
    .filter((each) => each !== '');
