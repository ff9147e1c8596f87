import { RemoteError } from '../../platform/http/errors.ts';
import type { HttpResponse } from '../../platform/http/types.ts';
import type { Cursor, Page } from '../contract/source.ts';
import { parseList, parseRow, parseSearch, type ListAnswer, type Row } from './answers.ts';
import { composeItems, listLinkTypes, type Reading } from './compose.ts';
import { createLookups, isRefused, isRefusedRequest } from './lookups.ts';
import { readMergedIds, readObjectsById } from './objects-by-id.ts';
import type { ObjectType } from './objects.ts';
import { compareIds } from './order.ts';
import {
  buildToken,
  mayBeAbsent,
  resolvePosition,
  toArchived,
  toCursor,
  withProgress,
  type ArchivedPosition,
  type Context,
  type ListPosition,
  type Position,
  type SearchPosition,
} from './position.ts';
import { get, paths, post } from './request.ts';
import { findWanted } from './wanted.ts';

/** A page, if the step made one, and where the pass goes on; null at its end. */
interface Step {
  page: Page | null;
  next: Position | null;
}

interface Pass extends Reading {
  context: Context;
}

/**
 * Reads all objects of a type, or what has changed since the last pass.
 *
 * Everything is listed. Changes are searched by their time and walked by id: each search asks for
 * the ids after the last one, so that it never comes to the 10,000 results beyond which HubSpot
 * finds nothing, however many objects have the same time, and whatever changes while it goes on.
 * Searches only tell which objects those are; the objects themselves are read by id. Archived
 * objects, which no search finds, are listed after that.
 */
export async function* readObjects(
  object: ObjectType,
  context: Context,
  cursor: Cursor,
): AsyncGenerator<Page> {
  const wanted = findWanted(object, context.paths);
  const pass: Pass = {
    context,
    access: context,
    object,
    wanted,
    lookups: createLookups(context, object, wanted),
    related: new Map(),
    hidesLinks: false,
  };
  let position: Position | null = resolvePosition(object, context, cursor);
  while (position !== null) {
    const { page, next }: Step = await readStep(pass, position);
    if (page !== null) yield page;
    position = next;
  }
}

function readStep(pass: Pass, position: Position): Promise<Step> {
  switch (position.phase) {
    case 'list':
      return readListed(pass, position);
    case 'search':
      return readChanged(pass, position);
    case 'archived':
      return readArchived(pass, position);
  }
}

async function readListed(pass: Pass, position: ListPosition): Promise<Step> {
  const { context, object } = pass;
  const answer = await fetchListed(pass, position);
  if (answer === 'absent') return finishAbsent(pass, position);
  const { response, results, after } = answer;
  assertAdvance(position.after, after);
  const rows = results.flatMap((each) => parseRow(each) ?? []).filter(isLive);
  const at = withProgress(position, object, { response, rows }, context.now);
  const page = await composePage(pass, response, rows, { isListed: true });
  // What has no id cannot be asked about; it is kept for a person to see.
  const unknown = results.filter((each) => parseRow(each) === undefined);
  const content = withItems(page, [...page.items, ...unknown]);
  if (after !== undefined) {
    const next: ListPosition = { ...at, after };
    return { page: { ...content, cursor: toCursor(next), last: false }, next };
  }
  const token = buildToken(context, at);
  return { page: { ...content, cursor: null, last: true, token }, next: null };
}

type Listed = { response: HttpResponse } & ListAnswer;

async function fetchListed(pass: Pass, position: ListPosition): Promise<Listed | 'absent'> {
  const { context, object } = pass;
  try {
    return await fetchWithLinks(pass, position);
  } catch (error) {
    const isFirst = position.after === null;
    if (isFirst && object.isOptional && isRefused(error) && mayBeAbsent(context)) return 'absent';
    if (isFirst || !(error instanceof RemoteError) || error.status !== 400) throw error;
    throw new RemoteError(
      'cursor_invalid',
      'HubSpot no longer accepts the position at which the list continues, so it is read again ' +
        'from the beginning.',
      { cause: error },
    );
  }
}

/**
 * Without a scope for one of the associated types, HubSpot refuses the list as a whole; so it may
 * where two types cannot be associated at all.
 */
async function fetchWithLinks(pass: Pass, position: ListPosition): Promise<Listed> {
  const associations = pass.hidesLinks ? '' : (await listLinkTypes(pass)).join(',');
  const { after } = position;
  try {
    return await fetchList(pass, { after, associations });
  } catch (error) {
    if (associations === '' || !isRefusedRequest(error)) throw error;
    const listed = await fetchList(pass, { after, associations: '' });
    pass.hidesLinks = true;
    return listed;
  }
}

async function fetchList(
  { access, object, lookups }: Pass,
  { after, associations }: { after: string | null; associations: string },
): Promise<Listed> {
  const properties = [...object.properties, ...(await lookups.more())];
  const response = await get(access, `${paths.objects}/${object.type}`, {
    limit: access.settings.pageSize,
    properties: properties.join(','),
    associations: associations === '' ? undefined : associations,
    archived: 'false',
    after: after ?? undefined,
  });
  return { response, ...parseList(response.body) };
}

/** The account has no such objects: a list without any, and nothing that could be followed. */
async function finishAbsent(
  { context, object, access }: Pass,
  position: ListPosition,
): Promise<Step> {
  const response = await get(access, paths.account);
  const at = withProgress(position, object, { response, rows: [] }, context.now);
  const token = buildToken(context, at, { isAbsent: true });
  const page = { ...emptyPage(response), cursor: null, last: true, token };
  return { page, next: null };
}

/** How many filters a search has, and how many results it gives, is far below what is allowed. */
async function fetchChangedIds({ access, object }: Pass, { since, id }: SearchPosition) {
  const after = { propertyName: 'hs_object_id', operator: 'GT', value: id };
  const changed = { propertyName: object.changedAt, operator: 'GTE', value: String(since) };
  const response = await post(access, `${paths.objects}/${object.type}/search`, {
    filterGroups: [{ filters: id === null ? [changed] : [changed, after] }],
    sorts: [{ propertyName: 'hs_object_id', direction: 'ASCENDING' }],
    properties: ['hs_object_id', object.changedAt],
    limit: access.settings.pageSize * 2,
    after: '0',
  });
  return { response, ...parseSearch(response.body) };
}

async function readChanged(pass: Pass, position: SearchPosition): Promise<Step> {
  const { context, object, access, lookups } = pass;
  const { response, results, isMore } = await fetchChangedIds(pass, position);
  const found = results.flatMap((each) => parseRow(each) ?? []);
  const at = withProgress(position, object, { response, rows: found }, context.now);
  const ids = found.map(({ id }) => id);
  if (ids.length === 0) return { page: null, next: toArchived(at) };
  const { last, isOrdered } = findPlace(ids, position.id);
  const properties = [...object.properties, ...(await lookups.more())];
  const read = await readObjectsById(access, object.type, [...new Set(ids)], properties);
  const page = await composePage(pass, read.response ?? response, read.rows, { isListed: false });
  const next: Position = isMore || !isOrdered ? { ...at, id: last } : toArchived(at);
  return { page: { ...page, cursor: toCursor(next), last: false }, next };
}

/**
 * The id after which the next search goes on: the greatest one. Out of order, results may also be
 * missing from a page, so the search then goes on after half of them, which reads the rest again.
 * Throws RemoteError `malformed` when the results are none that were searched for.
 */
function findPlace(
  ids: readonly string[],
  before: string | null,
): { last: string; isOrdered: boolean } {
  const sorted = ids
    .filter((id) => before === null || compareIds(id, before) > 0)
    .toSorted(compareIds);
  const isOrdered = ids.every((id, at) => at === 0 || compareIds(ids[at - 1] ?? '', id) <= 0);
  const last = isOrdered ? sorted.at(-1) : sorted[Math.ceil(sorted.length / 2) - 1];
  if (last === undefined)
    throw new RemoteError('malformed', 'HubSpot sent the same results of a search twice.');
  return { last, isOrdered };
}

async function readArchived(pass: Pass, position: ArchivedPosition): Promise<Step> {
  const { context, object, access } = pass;
  const response = await get(access, `${paths.objects}/${object.type}`, {
    limit: 100,
    properties: 'hs_object_id',
    archived: 'true',
    after: position.after ?? undefined,
  });
  const { results, after } = parseList(response.body);
  assertAdvance(position.after, after);
  const deleted = results.flatMap((each) => {
    const row = parseRow(each);
    if (row?.archived === false) throw createMixedUpError();
    return row === undefined || isEarlier(row.archivedAt, position.since) ? [] : [row.id];
  });
  const pages = position.pages - 1;
  const content = { ...emptyPage(response), deleted: toExternalIds(object, deleted) };
  if (after === undefined || pages <= 0) {
    const token = buildToken(context, position);
    return { page: { ...content, cursor: null, last: true, token }, next: null };
  }
  const next: ArchivedPosition = { ...position, after, pages };
  return { page: { ...content, cursor: toCursor(next), last: false }, next };
}

const isEarlier = (time: string | undefined, than: number): boolean =>
  time !== undefined && Date.parse(time) < than;

const isLive = ({ archived }: Row): boolean => archived !== true;

const createMixedUpError = () =>
  new RemoteError('malformed', 'HubSpot sent records that are not archived as archived ones.');

function assertAdvance(before: string | null, after: string | undefined): void {
  if (after === undefined || after !== before) return;
  throw new RemoteError('malformed', 'HubSpot sent the same page of a list twice.');
}

type Content = Pick<Page, 'response' | 'items' | 'deleted'>;

/** A page of composed items, and the ids of those that are gone, for a pass over changes. */
async function composePage(
  pass: Pass,
  response: HttpResponse,
  rows: readonly Row[],
  how: { isListed: boolean },
): Promise<Content> {
  const { context, object } = pass;
  const all = await composeItems(pass, rows, how);
  const items = all.filter((item) => object.keeps?.(item, context.settings) ?? true);
  const content = withItems({ response, items }, items);
  if (context.span.mode !== 'changes') return content;
  const kept = new Set(items.map(({ id }) => id));
  const gone = all.map(({ id }) => id).filter((id) => !kept.has(id));
  const deleted = [...gone, ...rows.flatMap(readMergedIds).filter((id) => !kept.has(id))];
  return deleted.length === 0 ? content : { ...content, deleted: toExternalIds(object, deleted) };
}

function withItems(page: Content, items: unknown[]): Content {
  return {
    ...page,
    items,
    response: { ...page.response, body: JSON.stringify({ results: items }) },
  };
}

const emptyPage = (response: HttpResponse): Content => withItems({ response, items: [] }, []);

export const toExternalIds = ({ prefix = '' }: ObjectType, ids: readonly string[]): string[] =>
  [...new Set(ids)].map((id) => `${prefix}${id}`);
