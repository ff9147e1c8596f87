import { z } from 'zod';
import { RemoteError, type RemoteErrorKind } from '../../platform/http/errors.ts';
import type { HttpResponse } from '../../platform/http/types.ts';
import type { Cursor, Page, ReadContext } from '../contract/source.ts';
import { parseBody } from '../kit/json.ts';
import { odataList } from '../kit/odata.ts';
import { selectColumns, readTableDefinition } from './definition.ts';
import { buildUrl, get } from './request.ts';
import type { DynamicsSettings } from './settings.ts';

type Context = ReadContext<DynamicsSettings>;

/** A table of Dataverse, and which part of it is read. */
export interface Table {
  /** The name in metadata. */
  name: string;
  /** The name in URLs. */
  set: string;
  /** The column of the primary key. */
  id: string;
  columns: readonly string[];
  /** Whether a row is kept; absent means that every row is. */
  keeps?: (row: object) => boolean;
}

/** Where a list continues. All pages of a list must be requested with the same preferences. */
interface ListPosition {
  link: string;
  prefer: string;
  /** The columns that were requested. */
  select: string;
  /**
   * Present when changes are followed by time: when the list began, by the clock of Dynamics 365.
   * Null until the first response.
   */
  since?: string | null;
  /** `link` is a delta link, which expires after some days. */
  expires?: boolean;
}

/**
 * Read again before `since`: times of change are in whole seconds and come from several servers.
 */
const OVERLAP_MS = 5 * 60_000;
/** Requests labels, and the tables that lookups point to. */
const ANNOTATIONS = `odata.include-annotations="${[
  'OData.Community.Display.V1.FormattedValue',
  'Microsoft.Dynamics.CRM.lookuplogicalname',
].join(',')}"`;

const envelope = odataList.extend({ '@odata.deltaLink': z.string().optional() });
const deletion = z.looseObject({
  '@odata.context': z.string().regex(/\$deletedEntity$/),
  id: z.string(),
});
const positionSchema = z.object({
  link: z.string(),
  prefer: z.string(),
  select: z.string(),
  since: z.string().nullable().optional(),
  expires: z.boolean().optional(),
});
/** What a finished pass leaves behind: a delta link, or the time from which changes are wanted. */
const tokenSchema = z.object({
  wanted: z.string(),
  select: z.string(),
  delta: z.string().optional(),
  since: z.string().optional(),
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

function parseList(body: string): z.output<typeof envelope> {
  return parseBody(envelope, body, 'Dynamics 365 returned something that is not a list of rows.');
}

/**
 * Reads a table in pages: at first everything, and later the changes behind the delta link of the
 * last page. A table without change tracking, or without it for this application, is listed by time
 * of change instead.
 */
export async function* readTable(
  table: Table,
  context: Context,
  cursor: Cursor,
): AsyncGenerator<Page> {
  let opened = await openList(table, context, cursor);
  for (;;) {
    const { page, next } = toPage(table, context, opened);
    yield page;
    if (next === null) return;
    opened = { position: next, response: await fetchPosition(context, next) };
  }
}

type OpenedList = { response: HttpResponse; position: ListPosition };

/** The page in a response, and where the list continues; null after the last page. */
function toPage(
  table: Table,
  context: Context,
  { response, position }: OpenedList,
): { page: Page; next: ListPosition | null } {
  const { '@odata.nextLink': link, '@odata.deltaLink': delta, value } = parseList(response.body);
  if (link !== undefined && link === position.link)
    throw new RemoteError('malformed', 'Dynamics 365 sent the same page twice.');
  const content = {
    response,
    items: parseRows(table, response.body),
    ...listDeletions(value),
  };
  const timed =
    position.since === null
      ? { ...position, since: readServerTime(response, context.now) }
      : position;
  if (link === undefined) {
    const token = buildToken(table, context, timed, delta);
    return { page: { ...content, cursor: null, last: true, token }, next: null };
  }
  const next = { ...timed, link: assertOwnLink(context, link), expires: false };
  return { page: { ...content, cursor: toCursor(next), last: false }, next };
}

function listDeletions(rows: readonly unknown[]): Pick<Page, 'deleted'> {
  const deleted = rows.flatMap((row) => deletion.safeParse(row).data?.id ?? []).map(stripTableName);
  return deleted.length > 0 ? { deleted } : {};
}

async function openList(table: Table, context: Context, cursor: Cursor): Promise<OpenedList> {
  const known =
    positionSchema.safeParse(cursor).data ??
    (context.span.mode === 'changes' ? resolveChanges(table, context) : undefined);
  if (known === undefined) return openFullList(table, context);
  return { position: known, response: await fetchPosition(context, known) };
}

async function openFullList(table: Table, context: Context): Promise<OpenedList> {
  const facts = await readTableDefinition(context, table.name);
  const select = selectColumns(table.columns, facts).join(',');
  const listed: ListPosition = {
    link: buildUrl(context.settings, table.set, { $select: select }),
    prefer: buildPrefer(context),
    select,
    since: null,
  };
  const prefer = buildPrefer(context, 'odata.track-changes');
  const tracked = facts.isTracked
    ? await fetchTracked(context, { ...listed, prefer, since: undefined })
    : undefined;
  return tracked ?? { position: listed, response: await get(context, listed.link, listed) };
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
    if (isRefusal(error, ['permission', 'malformed'])) return undefined;
    throw error;
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
const COLUMNS_CHANGED =
  'The columns that we read from Dynamics 365 have changed, so everything is read again.';

function resolveChanges(table: Table, context: Context): ListPosition {
  const known = tokenSchema.safeParse(context.span.token).data;
  // The columns are part of the link, so other columns need a full pass.
  if (known === undefined || known.wanted !== table.columns.join(','))
    throw new RemoteError('cursor_invalid', COLUMNS_CHANGED);
  const { select, delta, since = '' } = known;
  if (delta === undefined) return resolveTimedChanges(table, context, { select, since });
  const prefer = buildPrefer(context, 'odata.track-changes');
  return { link: delta, prefer, select, expires: true };
}

function resolveTimedChanges(
  table: Table,
  context: Context,
  { select, since }: { select: string; since: string },
): ListPosition {
  const from = new Date(Date.parse(since) - OVERLAP_MS).toISOString().replace('.000Z', 'Z');
  return {
    link: buildUrl(context.settings, table.set, {
      $select: select,
      $filter: `modifiedon ge ${from}`,
      $orderby: 'modifiedon asc',
    }),
    prefer: buildPrefer(context),
    select,
    since: null,
  };
}

function buildToken(
  table: Table,
  context: Context,
  { since, select }: ListPosition,
  delta: string | undefined,
): Cursor {
  const known = { wanted: table.columns.join(','), select };
  if (typeof since === 'string') return { ...known, since };
  if (delta === undefined)
    throw new RemoteError(
      'malformed',
      'Dynamics 365 ended a list without the link for following its changes.',
    );
  return { ...known, delta: assertOwnLink(context, delta) };
}

/**
 * Returns a link of Dynamics 365 unchanged, because its cookie is encoded twice and breaks when it
 * is encoded again. The link must point to our environment, because the access token is sent along.
 */
function assertOwnLink({ settings }: Context, link: string): string {
  if (URL.canParse(link) && new URL(link).origin === new URL(settings.baseUrl).origin) return link;
  throw new RemoteError(
    'malformed',
    'Dynamics 365 sent a link to a different host, so it was not followed.',
  );
}

const buildPrefer = ({ settings }: Context, ...more: string[]): string =>
  [...more, `odata.maxpagesize=${settings.pageSize}`, ANNOTATIONS].join(',');

function toCursor({ since, ...position }: ListPosition): Cursor {
  return { ...position, expires: position.expires ?? false, ...(since !== undefined && { since }) };
}

/** The time by the clock of Dynamics 365, which also sets the times of change. */
function readServerTime({ headers }: HttpResponse, now: Date): string {
  const serverDate = new Date(headers['date'] ?? '');
  return (Number.isNaN(serverDate.getTime()) ? now : serverDate).toISOString();
}

/** Ids of deleted rows arrive with or without the name of their table. */
const stripTableName = (id: string): string =>
  /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/i.exec(id)?.[0].toLowerCase() ?? id;
