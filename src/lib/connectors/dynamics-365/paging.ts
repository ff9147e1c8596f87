import { z } from 'zod';
import { RemoteError } from '../../platform/http/errors.ts';
import type { HttpResponse } from '../../platform/http/types.ts';
import type { Cursor, Page, ReadContext } from '../contract/source.ts';
import { selectColumns, readTableDefinition } from './definition.ts';
import { buildUrl, get, tryParseJson } from './request.ts';
import type { DynamicsSettings } from './settings.ts';

type Context = ReadContext<DynamicsSettings>;

/** A table of Dataverse, and what is read of it. */
export interface Table {
  /** As in metadata. */
  name: string;
  /** As in addresses. */
  set: string;
  id: string;
  columns: readonly string[];
  /** Whether a row is one of ours to keep; absent: each is. */
  keeps?: (row: object) => boolean;
}

/** Where a list goes on. Pages of one list are asked for with the very same preferences. */
interface ListPosition {
  link: string;
  prefer: string;
  /** The columns asked for. */
  select: string;
  /**
   * The list is followed by the time of change, and this is when it began by the source's clock;
   * null until known.
   */
  since?: string | null;
  /** The address is a delta link. */
  expires?: boolean;
}

/** Times of change have whole seconds, and several servers write them. */
const OVERLAP_MS = 5 * 60_000;
const ANNOTATIONS =
  'odata.include-annotations="OData.Community.Display.V1.FormattedValue,Microsoft.Dynamics.CRM.lookuplogicalname"';

const envelope = z.looseObject({
  value: z.array(z.unknown()),
  '@odata.nextLink': z.string().optional(),
  '@odata.deltaLink': z.string().optional(),
});
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
const tokenSchema = z.object({
  wanted: z.string(),
  select: z.string(),
  delta: z.string().optional(),
  since: z.string().optional(),
});

/**
 * The rows of a body, without the marks of deleted ones. Throws RemoteError `malformed` when it is
 * no list.
 */
export function parseRows(table: Pick<Table, 'keeps'>, body: string): unknown[] {
  return parseList(body).value.filter(
    (row) =>
      !deletion.safeParse(row).success &&
      (table.keeps === undefined || typeof row !== 'object' || row === null || table.keeps(row)),
  );
}

function parseList(body: string): z.output<typeof envelope> {
  const parsed = envelope.safeParse(tryParseJson(body));
  if (parsed.success) return parsed.data;
  throw new RemoteError('malformed', 'Dynamics 365 answered something that is not a list of rows.');
}

/**
 * A table in pages: at first everything, with the delta link that its last page holds; then what
 * that link tells. A table whose changes are not tracked, or not for this application, is listed
 * and followed by its time of change.
 */
export async function* readTable(
  table: Table,
  context: Context,
  cursor: Cursor,
): AsyncGenerator<Page> {
  let { response, position } = await openList(table, context, cursor);
  for (;;) {
    const { value, '@odata.nextLink': next, '@odata.deltaLink': delta } = parseList(response.body);
    if (next !== undefined && next === position.link)
      throw new RemoteError('malformed', 'Dynamics 365 sent the same page twice.');
    const deleted = value
      .flatMap((row) => deletion.safeParse(row).data?.id ?? [])
      .map(stripTableName);
    if (position.since === null)
      position = { ...position, since: readServerTime(response, context.now) };
    const page = {
      response,
      items: parseRows(table, response.body),
      ...(deleted.length > 0 && { deleted }),
    };
    if (next === undefined) {
      yield {
        ...page,
        cursor: null,
        last: true,
        token: buildToken(table, context, position, delta),
      };
      return;
    }
    position = { ...position, link: assertOwnLink(context, next), expires: false };
    yield { ...page, cursor: toCursor(position), last: false };
    response = await fetchPosition(context, position);
  }
}

type OpenedList = { response: HttpResponse; position: ListPosition };

async function openList(table: Table, context: Context, cursor: Cursor): Promise<OpenedList> {
  const known =
    positionSchema.safeParse(cursor).data ??
    (context.span.mode === 'changes' ? resolveChanges(table, context) : undefined);
  if (known !== undefined)
    return { position: known, response: await fetchPosition(context, known) };
  const facts = await readTableDefinition(context, table.name);
  const select = selectColumns(table.columns, facts).join(',');
  const listed: ListPosition = {
    link: buildUrl(context.settings, table.set, { $select: select }),
    prefer: buildPrefer(context),
    select,
    since: null,
  };
  const tracked = facts.isTracked
    ? await fetchTracked(context, {
        ...listed,
        prefer: buildPrefer(context, 'odata.track-changes'),
        since: undefined,
      })
    : undefined;
  return tracked ?? { position: listed, response: await get(context, listed.link, listed) };
}

/**
 * Undefined when changes are not tracked after all, or the application may not read the whole
 * organisation, which this asks for.
 */
async function fetchTracked(
  context: Context,
  position: ListPosition,
): Promise<OpenedList | undefined> {
  try {
    return { position, response: await get(context, position.link, position) };
  } catch (error) {
    if (
      error instanceof RemoteError &&
      (error.kind === 'permission' || error.kind === 'malformed') &&
      error.status !== undefined &&
      error.status >= 400
    )
      return undefined;
    throw error;
  }
}

/**
 * A refusal of a link that the source itself has handed out means that it does not hold any more,
 * whatever the reason: only a full pass is sure.
 */
async function fetchPosition(context: Context, position: ListPosition): Promise<HttpResponse> {
  try {
    return await get(context, position.link, position);
  } catch (error) {
    const isExpired =
      error instanceof RemoteError &&
      error.status !== undefined &&
      error.status >= 400 &&
      ['malformed', 'gone', 'permission'].includes(error.kind);
    throw isExpired
      ? new RemoteError(
          'cursor_invalid',
          'Dynamics 365 does not accept the place any more from which the list was to go on. Everything is read once more.',
          { cause: error },
        )
      : error;
  }
}

function resolveChanges(table: Table, context: Context): ListPosition {
  const known = tokenSchema.safeParse(context.span.token).data;
  // What is wanted of a row is written into the link: when we want something else, only a full pass
  // brings it.
  if (known === undefined || known.wanted !== table.columns.join(','))
    throw new RemoteError(
      'cursor_invalid',
      'What is read of Dynamics 365 has changed. Everything is read once more.',
    );
  const { select, delta } = known;
  if (delta !== undefined)
    return {
      link: delta,
      prefer: buildPrefer(context, 'odata.track-changes'),
      select,
      expires: true,
    };
  const since = new Date(Date.parse(known.since ?? '') - OVERLAP_MS)
    .toISOString()
    .replace('.000Z', 'Z');
  return {
    link: buildUrl(context.settings, table.set, {
      $select: select,
      $filter: `modifiedon ge ${since}`,
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
      'Dynamics 365 ended a list without the link by which its changes are followed.',
    );
  return { ...known, delta: assertOwnLink(context, delta) };
}

/**
 * A link of the source, byte for byte: its cookie is encoded twice and breaks when it is spelled
 * anew. It has to lead to where we asked, because the token goes along.
 */
function assertOwnLink({ settings }: Context, link: string): string {
  if (URL.canParse(link) && new URL(link).origin === new URL(settings.baseUrl).origin) return link;
  throw new RemoteError(
    'malformed',
    'Dynamics 365 sent a link that leads somewhere else. It was not followed.',
  );
}

const buildPrefer = ({ settings }: Context, ...more: string[]): string =>
  [...more, `odata.maxpagesize=${settings.pageSize}`, ANNOTATIONS].join(',');

function toCursor({ since, ...position }: ListPosition): Cursor {
  return { ...position, expires: position.expires ?? false, ...(since !== undefined && { since }) };
}

/** By the source's own clock, which is the one that times of change are written by. */
function readServerTime({ headers }: HttpResponse, now: Date): string {
  const serverDate = new Date(headers['date'] ?? '');
  return (Number.isNaN(serverDate.getTime()) ? now : serverDate).toISOString();
}

/** Ids of deleted rows come bare or with the name of their table. */
const stripTableName = (id: string): string =>
  /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/i.exec(id)?.[0].toLowerCase() ?? id;
