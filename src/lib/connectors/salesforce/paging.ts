import { RemoteError } from '../../platform/http/errors.ts';
import type { HttpResponse } from '../../platform/http/types.ts';
import type { Cursor, Page } from '../contract/source.ts';
import { QueryTimeoutError, UnknownFieldError } from './api-error.ts';
import { isDeleted, parseQueryPage, selectKept, type QueryPage } from './body.ts';
import { readDeletions } from './deletions.ts';
import { describeObject, type SalesforceObject } from './describe.ts';
import { JobRefusedError, readByJob } from './job.ts';
import { findPlace, listDeletedIds } from './place.ts';
import {
  parsePosition,
  serializeWanted,
  toChanges,
  toCursor,
  toFullList,
  toQuery,
  toToken,
  type Position,
} from './position.ts';
import { buildUrl, resolveLink, send, type Context } from './request.ts';
import { findExtraFields } from './wanted.ts';

/**
 * Reads an object in pages: everything at first and from time to time, else what has changed since
 * the last pass, with what was deleted. Everything of a large object is listed by a job instead.
 */
export async function* readObject(
  object: SalesforceObject,
  context: Context,
  cursor: Cursor,
): AsyncGenerator<Page> {
  let position = parsePosition(cursor);
  if (position === undefined) {
    const began = await beginList(object, context);
    position = began.next;
    if (began.page !== null) yield began.page;
  }
  if (position.job !== null) return yield* readByJobOrQuery(object, context, position);
  const opened = await openList(object, context, position);
  if (opened.first === null) yield* readByJobOrQuery(object, context, opened.position);
  else yield* readByQuery(object, context, opened.position, opened.first);
}

/** Lists everything by a job, and by a query after all where jobs are refused or fail. */
async function* readByJobOrQuery(
  object: SalesforceObject,
  context: Context,
  position: Position,
): AsyncGenerator<Page> {
  try {
    yield* readByJob(object, context, position);
  } catch (error) {
    if (!(error instanceof JobRefusedError)) throw error;
    const list = { ...position, job: null, mayUseJob: false };
    const { position: opened, response } = await queryKnownFields(object, context, list);
    yield* readByQuery(object, context, opened, response);
  }
}

/** Where a pass begins; for changes also the page with what the feed of deletions tells. */
async function beginList(
  object: SalesforceObject,
  context: Context,
): Promise<{ page: Page | null; next: Position }> {
  if (context.span.mode === 'changes')
    return readDeletions(object, context, toChanges(object, context));
  const readable = await describeObject(context, object, findExtraFields(object, context.paths));
  return { page: null, next: toFullList(readable, serializeWanted(object, context.paths)) };
}

/**
 * The first page of a list; null when a job is to list it instead, because there are many rows or
 * because Salesforce gave up on sorting them.
 */
async function openList(
  object: SalesforceObject,
  context: Context,
  begun: Position,
): Promise<{ position: Position; first: HttpResponse | null }> {
  const mayUseJob = begun.mayUseJob && begun.after === null;
  try {
    const { position, response } = await queryKnownFields(object, context, begun);
    const { totalSize = 0 } = parseQueryPage(object, response.body);
    const timed = { ...position, since: position.since ?? readServerTime(response, context.now) };
    const isLarge = mayUseJob && totalSize > context.settings.bulkAbove;
    return { position: timed, first: isLarge ? null : response };
  } catch (error) {
    if (!mayUseJob || !(error instanceof QueryTimeoutError)) throw error;
    const since = begun.since ?? readServerTime(error, context.now);
    return { position: { ...begun, since }, first: null };
  }
}

/**
 * Asks for a list, without the fields that Salesforce refuses although the description has them. A
 * list that continues, or that is of changes, must have the fields that it began with.
 */
async function queryKnownFields(
  object: SalesforceObject,
  context: Context,
  position: Position,
): Promise<{ position: Position; response: HttpResponse }> {
  try {
    return { position, response: await query(context, toQuery(object, position)) };
  } catch (error) {
    if (!(error instanceof UnknownFieldError)) throw error;
    if (position.from !== null || position.after !== null)
      throw new RemoteError('cursor_invalid', FIELD_GONE, { cause: error });
    const select = leaveOut(object, position.select, error);
    if (select.length === position.select.length) throw error;
    return queryKnownFields(object, context, { ...position, select });
  }
}

/**
 * The fields without the refused one. If that is none of them, those that a mapping adds are to
 * blame as a whole: no name that a person chose keeps an object from being read.
 */
function leaveOut(
  object: SalesforceObject,
  select: readonly string[],
  { field, entity }: UnknownFieldError,
): string[] {
  const isOfParent = entity !== null && entity.toLowerCase() !== object.name.toLowerCase();
  const refused = isOfParent
    ? select.filter((path) => path.toLowerCase().endsWith(`.${field.toLowerCase()}`))
    : select.filter((path) => isField(path, field));
  const extra = select.filter((path) => !object.fields.includes(path));
  const left = new Set(refused.length > 0 ? refused : extra);
  return select.filter((path) => !left.has(path));
}

const FIELD_GONE =
  'Salesforce no longer lets us read a field that we have read before, so everything is read again.';

/** Whether a path is, or leads through, a field or relationship. `Id` cannot be left out. */
function isField(path: string, refused: string): boolean {
  const [wanted, given] = [refused.toLowerCase(), path.toLowerCase()];
  return wanted !== 'id' && (given === wanted || given.startsWith(`${wanted}.`));
}

/** Deleted records, and activities that were archived, are only in answers of `queryAll`. */
function query({ http, settings }: Context, soql: string): Promise<HttpResponse> {
  return send(
    { http, settings },
    {
      url: buildUrl(settings, 'queryAll'),
      query: { q: soql },
      headers: { 'sforce-query-options': `batchSize=${settings.pageSize}` },
    },
  );
}

/** So many pages in a row may bring the list no further. */
const MOST_IDLE_PAGES = 3;

async function* readByQuery(
  object: SalesforceObject,
  context: Context,
  begun: Position,
  first: HttpResponse,
): AsyncGenerator<Page> {
  let [position, response, idle] = [begun, first, 0];
  for (;;) {
    const answer = parseQueryPage(object, response.body);
    const next = { ...position, after: findPlace(position, answer.records) };
    const isLast = isComplete(answer);
    yield toPage(object, context, next, response, answer);
    if (isLast) return;
    idle = isFurther(position, next) ? 0 : idle + 1;
    if (idle >= MOST_IDLE_PAGES) throw new RemoteError('malformed', NO_END);
    response = await fetchNext(object, context, next, answer.nextRecordsUrl, idle);
    position = next;
  }
}

const NO_END = 'Salesforce sent pages that bring the list no further, so it was not read on.';

/** `done` counts, not how many rows there are: pages may be shorter than asked for. */
const isComplete = ({ done, nextRecordsUrl }: QueryPage): boolean =>
  done ?? (nextRecordsUrl ?? '') === '';

const isFurther = (before: Position, { after }: Position): boolean =>
  after !== null && (after.id !== before.after?.id || after.at !== before.after.at);

/**
 * The next page. Locators hold for some days and for one login, and there may be ten at a time, so
 * a list whose locator is refused goes on behind its last row. Sources:
 * https://github.com/airbytehq/airbyte/pull/84302 and
 * https://github.com/simple-salesforce/simple-salesforce/issues/95
 */
async function fetchNext(
  object: SalesforceObject,
  context: Context,
  position: Position,
  link: string | null | undefined,
  idle: number,
): Promise<HttpResponse> {
  if (link) {
    const url = resolveLink(context.settings, link);
    try {
      return await send(context, {
        url,
        headers: { 'sforce-query-options': `batchSize=${context.settings.pageSize}` },
      });
    } catch (error) {
      if (!isRefusedLocator(error)) throw error;
    }
  }
  if (idle > 0 || position.after === null) throw new RemoteError('malformed', NO_END);
  return (await queryKnownFields(object, context, position)).response;
}

const isRefusedLocator = (error: unknown): boolean =>
  error instanceof RemoteError && ['cursor_invalid', 'gone', 'auth'].includes(error.kind);

function toPage(
  object: SalesforceObject,
  context: Context,
  position: Position,
  response: HttpResponse,
  answer: QueryPage,
): Page {
  const items = selectKept(object, answer.records);
  const deleted = listDeletedIds(answer.records.filter(isDeleted));
  const content = {
    response,
    items,
    ...(deleted.length > 0 && { deleted }),
  };
  return isComplete(answer)
    ? { ...content, cursor: null, last: true, token: toToken(object, context, position) }
    : { ...content, cursor: toCursor(position), last: false };
}

/** The time by the clock of Salesforce, which also sets the times of change. */
function readServerTime({ headers = {} }: Pick<RemoteError, 'headers'>, now: Date): string {
  const at = new Date(headers['date'] ?? '');
  return (Number.isNaN(at.getTime()) ? now : at).toISOString();
}
