import { z } from 'zod';
import { RemoteError, type RemoteErrorKind } from '../../platform/http/errors.ts';
import type { HttpResponse } from '../../platform/http/types.ts';
import type { Cursor, Page } from '../contract/source.ts';
import { parseBody, tryParseJson } from '../kit/json.ts';
import { odataList } from '../kit/odata.ts';
import { selectColumns, readTableDefinition, type TableDefinition } from './definition.ts';
import {
  assertOwnLink,
  buildToken,
  isTracked,
  parsePosition,
  resolveChanges,
  resolveEmptyAnswer,
  toCursor,
  toFullList,
  type Context,
  type ListPosition,
  type Table,
} from './position.ts';
import { get, UnknownPropertyError } from './request.ts';
import { findExtraColumns } from './wanted.ts';

const envelope = odataList.extend({ '@odata.deltaLink': z.string().optional() });
const deletion = z.looseObject({
  '@odata.context': z.string().regex(/\$deletedEntity$/),
  id: z.string(),
});

/**
 * The rows of a body, without the markers of deleted ones. Throws RemoteError `malformed` when it
 * is not a list.
 */
export function parseRows(table: Pick<Table, 'keeps'>, body: string): unknown[] {
  return parseList(body).value.filter(
    (row) =>
      !deletion.safeParse(row).success &&
      (table.keeps === undefined || typeof row !== 'object' || row === null || table.keeps(row)),
  );
}

const parseList = (body: string): z.output<typeof envelope> =>
  parseBody(envelope, body, 'Dynamics 365 returned something that is not a list of rows.');

/**
 * Reads a table in pages: at first everything, and later the changes behind the delta link of the
 * last page. A table without change tracking, or without it for this application, is listed by time
 * of change instead; so is one whose tracked list ends without a delta link.
 */
export async function* readTable(
  table: Table,
  context: Context,
  cursor: Cursor,
): AsyncGenerator<Page> {
  let opened = await openList(table, context, cursor);
  for (;;) {
    const { page, next } = toPage(table, context, opened);
    if (page !== null) yield page;
    if (next === null) return;
    opened = { position: next, response: await fetchPosition(context, next) };
  }
}

type OpenedList = { response: HttpResponse; position: ListPosition };
/** The page in a response, and where the list continues; null after the last page. */
type ReadPage = { page: Page | null; next: ListPosition | null };

function toPage(table: Table, context: Context, { response, position }: OpenedList): ReadPage {
  const timed =
    position.since === null
      ? { ...position, since: readServerTime(response, context.now) }
      : position;
  // Such an answer is no page of the list, so it is not kept.
  if (isTracked(position) && isEmptyAnswer(response))
    return { page: null, next: resolveEmptyAnswer(table, context, timed) };
  const { '@odata.nextLink': link, '@odata.deltaLink': delta, value } = parseList(response.body);
  if (link !== undefined && link === position.link)
    throw new RemoteError('malformed', 'Dynamics 365 sent the same page twice.');
  const content = { response, items: parseRows(table, response.body), ...listDeletions(value) };
  if (link === undefined) {
    const token = buildToken(table, context, timed, delta);
    return { page: { ...content, cursor: null, last: true, token }, next: null };
  }
  const next = { ...timed, link: assertOwnLink(context, link), expires: false };
  return { page: { ...content, cursor: toCursor(next), last: false }, next };
}

/** Whether a response holds neither rows nor links: nothing at all, or `{}`. */
const isEmptyAnswer = ({ body }: HttpResponse): boolean =>
  body.trim() === '' || emptyAnswer.safeParse(tryParseJson(body)).success;

const emptyAnswer = z.strictObject({ '@odata.context': z.string().optional() });

function listDeletions(rows: readonly unknown[]): Pick<Page, 'deleted'> {
  const deleted = rows.flatMap((row) => deletion.safeParse(row).data?.id ?? []).map(stripTableName);
  return deleted.length > 0 ? { deleted } : {};
}

async function openList(table: Table, context: Context, cursor: Cursor): Promise<OpenedList> {
  const known =
    parsePosition(cursor) ??
    (context.span.mode === 'changes' ? resolveChanges(table, context) : undefined);
  if (known === undefined) return openFullList(table, context);
  return { position: known, response: await fetchPosition(context, known) };
}

async function openFullList(table: Table, context: Context): Promise<OpenedList> {
  const definition = await readTableDefinition(context, table.name);
  const extra = findExtraColumns(table, context.paths);
  return openSelected(table, context, definition, selectColumns(table.columns, extra, definition));
}

/**
 * Lists the given columns. A column that the Web API refuses although metadata lists it is left
 * out, one at a time, so that it never keeps the whole table from being read.
 */
async function openSelected(
  table: Table,
  context: Context,
  definition: TableDefinition,
  columns: readonly string[],
): Promise<OpenedList> {
  try {
    return await openColumns(table, context, definition, columns.join(','));
  } catch (error) {
    if (!(error instanceof UnknownPropertyError)) throw error;
    const known = columns.filter((name) => name !== error.property);
    if (known.length === columns.length || known.length === 0) throw error;
    return openSelected(table, context, definition, known);
  }
}

async function openColumns(
  table: Table,
  context: Context,
  definition: TableDefinition,
  select: string,
): Promise<OpenedList> {
  const tracked = definition.isTracked
    ? await fetchTracked(context, toFullList(table, context, select, { tracked: true }))
    : undefined;
  if (tracked !== undefined) return tracked;
  const position = toFullList(table, context, select, { tracked: false });
  return { position, response: await get(context, position.link, position) };
}

/**
 * Undefined when changes are not tracked after all, or when the application may not read the whole
 * organisation, which change tracking requires.
 */
async function fetchTracked(
  context: Context,
  position: ListPosition,
): Promise<OpenedList | undefined> {
  try {
    return { position, response: await get(context, position.link, position) };
  } catch (error) {
    if (error instanceof UnknownPropertyError || !isRefusal(error, ['permission', 'malformed']))
      throw error;
    return undefined;
  }
}

/** Whether Dynamics 365 itself responded with an error of one of these kinds. */
function isRefusal(error: unknown, kinds: readonly RemoteErrorKind[]): boolean {
  if (!(error instanceof RemoteError) || !kinds.includes(error.kind)) return false;
  return error.status !== undefined && error.status >= 400;
}

/**
 * Requests a link that came from Dynamics 365 itself. Whatever the reason for a refusal, the link
 * is no longer valid, and only a full pass is certain to find everything.
 */
async function fetchPosition(context: Context, position: ListPosition): Promise<HttpResponse> {
  try {
    return await get(context, position.link, position);
  } catch (error) {
    if (!isRefusal(error, ['malformed', 'gone', 'permission'])) throw error;
    throw new RemoteError('cursor_invalid', LINK_EXPIRED, { cause: error });
  }
}

const LINK_EXPIRED =
  'Dynamics 365 no longer accepts the position at which the list continues, so everything is ' +
  'read again.';

/** The time by the clock of Dynamics 365, which also sets the times of change. */
function readServerTime({ headers }: HttpResponse, now: Date): string {
  const serverDate = new Date(headers['date'] ?? '');
  return (Number.isNaN(serverDate.getTime()) ? now : serverDate).toISOString();
}

/** Ids of deleted rows arrive with or without the name of their table. */
const stripTableName = (id: string): string =>
  /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/i.exec(id)?.[0].toLowerCase() ?? id;
