import { z } from 'zod';
import { RemoteError } from '../../platform/http/errors.ts';
import type { Cursor, ReadContext } from '../contract/source.ts';
import { toPageRoot } from './clouds.ts';
import { buildUrl } from './request.ts';
import type { DynamicsSettings } from './settings.ts';
import { findExtraColumns } from './wanted.ts';

export type Context = ReadContext<DynamicsSettings>;

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
export interface ListPosition {
  link: string;
  prefer: string;
  /** The columns that were requested. */
  select: string;
  /**
   * The columns that were wanted when the list began; absent in lists that an older version began,
   * which knew only those of the table.
   */
  wanted?: string | undefined;
  /**
   * When the list began, by the clock of Dynamics 365. Null until the first response; absent in
   * lists that an older version began.
   */
  since?: string | null | undefined;
  /** `link` is a delta link, which expires after some days. */
  expires?: boolean | undefined;
  /** The delta link that a pass over changes began with. */
  delta?: string | undefined;
  /** The time from which such a pass lists changes when the delta link turns out to say nothing. */
  from?: string | undefined;
}

const positionSchema = z.object({
  link: z.string(),
  prefer: z.string(),
  select: z.string(),
  wanted: z.string().optional(),
  since: z.string().nullable().optional(),
  expires: z.boolean().optional(),
  delta: z.string().optional(),
  from: z.string().optional(),
});
/**
 * What a finished pass leaves behind: a delta link and the time at which it was given, or the time
 * from which changes are wanted.
 */
const tokenSchema = z.object({
  wanted: z.string(),
  select: z.string(),
  delta: z.string().optional(),
  from: z.string().optional(),
  since: z.string().optional(),
});

/** A stored position; undefined at the beginning of a pass. */
export const parsePosition = (cursor: Cursor): ListPosition | undefined =>
  positionSchema.safeParse(cursor).data;

export const toCursor = (position: ListPosition): Cursor =>
  Object.fromEntries(Object.entries(position).filter(([, value]) => value !== undefined));

const TRACKING = 'odata.track-changes';
/** Requests labels, and the tables that lookups point to. */
const ANNOTATIONS = `odata.include-annotations="${[
  'OData.Community.Display.V1.FormattedValue',
  'Microsoft.Dynamics.CRM.lookuplogicalname',
].join(',')}"`;

const buildPrefer = ({ settings }: Context, ...more: string[]): string =>
  [...more, `odata.maxpagesize=${settings.pageSize}`, ANNOTATIONS].join(',');

/** Whether a list is to end with a delta link. */
export const isTracked = ({ prefer }: ListPosition): boolean => prefer.startsWith(TRACKING);

/** The list of all rows, with or without a delta link at its end. */
export const toFullList = (
  table: Table,
  context: Context,
  select: string,
  { tracked }: { tracked: boolean },
): ListPosition => ({
  link: buildUrl(context.settings, table.set, { $select: select }),
  prefer: tracked ? buildPrefer(context, TRACKING) : buildPrefer(context),
  select,
  wanted: serializeWanted(table, context.paths),
  since: null,
});

/** What is wanted of a table: its columns, and those that the mapping adds. */
const serializeWanted = (table: Table, paths: readonly string[]): string =>
  [...table.columns, ...findExtraColumns(table, paths)].join(',');

/** The list of what has changed since the last pass. Throws RemoteError `cursor_invalid`. */
export function resolveChanges(table: Table, context: Context): ListPosition {
  const known = tokenSchema.safeParse(context.span.token).data;
  // The columns are part of the link, so other columns need a full pass.
  if (known === undefined || known.wanted !== serializeWanted(table, context.paths))
    throw new RemoteError('cursor_invalid', COLUMNS_CHANGED);
  const { wanted, select, delta, from = BEGINNING, since = BEGINNING } = known;
  if (delta === undefined) return toTimedList(table, context, { wanted, select, from: since });
  const prefer = buildPrefer(context, TRACKING);
  return { link: delta, prefer, wanted, select, since: null, expires: true, delta, from };
}

const COLUMNS_CHANGED =
  'The columns that we read from Dynamics 365 have changed, so everything is read again.';

/** Stands in for the time of a list that an older version began: it lists every change. */
const BEGINNING = '1970-01-01T00:00:00.000Z';

/**
 * Read again before `since`: times of change are in whole seconds and come from several servers.
 */
const OVERLAP_MS = 5 * 60_000;

/** The list of rows whose time of change is not before `from`. Deleted rows are not in it. */
function toTimedList(
  table: Table,
  context: Context,
  { wanted, select, from }: Pick<ListPosition, 'wanted' | 'select'> & { from: string },
): ListPosition {
  const start = new Date(Date.parse(from) - OVERLAP_MS).toISOString().replace('.000Z', 'Z');
  return {
    link: buildUrl(context.settings, table.set, {
      $select: select,
      $filter: `modifiedon ge ${start}`,
      $orderby: 'modifiedon asc',
    }),
    prefer: buildPrefer(context),
    wanted,
    select,
    since: null,
  };
}

/**
 * Where a tracked list continues after an answer without rows and links. The documentation calls
 * this the answer when nothing has changed; in case it means anything else, what has changed is
 * listed by time, and the delta link stays for the next pass. Of a list of all rows it says
 * nothing, so that is listed again without tracking.
 */
export function resolveEmptyAnswer(
  table: Table,
  context: Context,
  { wanted, select, since, delta, from = BEGINNING }: ListPosition,
): ListPosition {
  return delta === undefined
    ? { ...toFullList(table, context, select, { tracked: false }), wanted, since }
    : { ...toTimedList(table, context, { wanted, select, from }), since, delta };
}

/**
 * What the next pass over changes begins with, after the last page of a list. Without a delta link
 * the changes are followed by time: Dataverse has been seen to end tracked lists without one when
 * annotations are requested (https://github.com/MicrosoftDocs/powerapps-docs/issues/439).
 */
export function buildToken(
  table: Table,
  context: Context,
  position: ListPosition,
  link: string | undefined,
): Cursor {
  const { wanted = serializeWanted(table, []), select, since } = position;
  const from = since ?? BEGINNING;
  const known = { wanted, select };
  const delta = link === undefined ? undefined : assertOwnLink(context, link);
  // A list by time that a delta link led to has not used that link up.
  const former = isTracked(position) ? undefined : position.delta;
  const next = delta ?? former;
  return next === undefined ? { ...known, since: from } : { ...known, delta: next, from };
}

/**
 * Returns a link of Dynamics 365 unchanged, because its cookie is encoded twice and breaks when it
 * is encoded again. The link must point to our environment, because the access token is sent along.
 */
export function assertOwnLink({ settings }: Context, link: string): string {
  if (URL.canParse(link) && toOrigin(link) === toOrigin(settings.baseUrl)) return link;
  throw new RemoteError(
    'malformed',
    'Dynamics 365 sent a link to a different host, so it was not followed.',
  );
}

const toOrigin = (url: string): string => new URL(toPageRoot(url)).origin;
