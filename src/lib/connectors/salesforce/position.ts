import { z } from 'zod';
import { RemoteError } from '../../platform/http/errors.ts';
import type { Cursor } from '../contract/source.ts';
import { DELETED_FIELD, TIME_FIELD, type Readable, type SalesforceObject } from './describe.ts';
import type { Context } from './request.ts';
import { findExtraFields } from './wanted.ts';
import { buildQuery, formatTime, isBehind, type RowPlace } from './soql.ts';

/**
 * How far before the beginning of the last pass each pass over changes begins. Rows appear late,
 * with a time of change that lies before those that were read already; others read again 5 minutes.
 * Source: https://github.com/airbytehq/airbyte/issues/27146
 */
const LOOKBACK_MS = 10 * 60_000;

/** A list under way: what it asks for, and behind which row it continues. */
export interface Position extends Readable {
  /**
   * What was wanted of the object when the list began; absent in lists that an older version began,
   * which knew no fields but those of the object.
   */
  wanted?: string | undefined;
  /** Time from which changes are listed; null for everything. */
  from: string | null;
  /** When the list began, by the clock of Salesforce; null until the first response. */
  since: string | null;
  after: RowPlace | null;
  /** From when the feed of deletions has not been read yet; null when it is not to be read. */
  deletionsFrom: string | null;
  /** The job that lists everything, and where its results continue; null when there is none. */
  job: { id: string; locator: string | null } | null;
  /** Whether everything may be listed by a job. */
  mayUseJob: boolean;
}

const placeSchema = z.object({ at: z.string().nullable(), id: z.string() });
const readableSchema = {
  select: z.array(z.string()),
  isTimed: z.boolean(),
  tellsDeletions: z.boolean(),
  hasFeed: z.boolean(),
};
const positionSchema = z.object({
  ...readableSchema,
  wanted: z.string().optional(),
  from: z.string().nullable(),
  since: z.string().nullable(),
  after: placeSchema.nullable(),
  deletionsFrom: z.string().nullable(),
  job: z.object({ id: z.string(), locator: z.string().nullable() }).nullable(),
  mayUseJob: z.boolean(),
});
/** What a finished pass leaves behind. */
const tokenSchema = z.object({
  ...readableSchema,
  wanted: z.string(),
  since: z.string(),
  deletionsFrom: z.string(),
});

/** A stored position; undefined at the beginning of a pass. */
export const parsePosition = (cursor: Cursor): Position | undefined =>
  positionSchema.safeParse(cursor).data;

export const toCursor = ({ wanted, ...position }: Position): Cursor => ({
  ...position,
  ...(wanted !== undefined && { wanted }),
  select: [...position.select],
  after: position.after && { ...position.after },
});

/** The list of everything. */
export const toFullList = (readable: Readable, wanted: string): Position => ({
  ...readable,
  wanted,
  from: null,
  since: null,
  after: null,
  deletionsFrom: null,
  job: null,
  // A job cannot list children of rows.
  mayUseJob: readable.isTimed && !readable.select.some((path) => path.startsWith('(')),
});

/** The list of what has changed since the last pass. Throws RemoteError `cursor_invalid`. */
export function toChanges(object: SalesforceObject, { span, paths }: Context): Position {
  const token = tokenSchema.safeParse(span.token).data;
  // The fields are part of what is known of each row, so other fields need a full pass.
  if (token === undefined || token.wanted !== serializeWanted(object, paths))
    throw new RemoteError('cursor_invalid', FIELDS_CHANGED);
  const { wanted, select, isTimed, tellsDeletions, hasFeed, since, deletionsFrom } = token;
  // The feed may begin earlier. Records that it names were perhaps brought back since then, which
  // the list has to show.
  const start = Math.min(...[since, ...(hasFeed ? [deletionsFrom] : [])].map(Date.parse));
  const from = new Date(start - LOOKBACK_MS).toISOString();
  return {
    ...toFullList({ select, isTimed, tellsDeletions, hasFeed }, wanted),
    from,
    deletionsFrom: hasFeed ? deletionsFrom : null,
    mayUseJob: false,
  };
}

const FIELDS_CHANGED =
  'The fields that we read from Salesforce have changed, so everything is read again.';

/** What is wanted of an object: its fields, and those that the mapping adds. */
export const serializeWanted = (object: SalesforceObject, paths: readonly string[]): string =>
  [...object.fields, ...findExtraFields(object, paths), object.condition ?? ''].join(',');

/**
 * What the next pass over changes begins with; null for rows without a time of change, which are
 * always listed whole.
 */
export function toToken(object: SalesforceObject, context: Context, position: Position): Cursor {
  const { wanted, select, isTimed, tellsDeletions, hasFeed, deletionsFrom } = position;
  if (!isTimed) return null;
  const since = position.since ?? context.now.toISOString();
  return {
    wanted: wanted ?? serializeWanted(object, []),
    select: [...select],
    isTimed,
    tellsDeletions,
    hasFeed,
    since,
    deletionsFrom: deletionsFrom ?? since,
  };
}

/**
 * The query of a list, from its place on. Sorting by time and id is what makes it possible to
 * continue behind any row: locators of Salesforce end with the login that asked for them. Deleted
 * rows are only wanted among changes.
 */
export function toQuery(object: SalesforceObject, position: Position): string {
  const { isTimed, after } = position;
  return buildQuery({
    object: object.name,
    select: position.select,
    conditions: [
      ...listConditions(object, position),
      ...(after ? [isBehind(TIME_FIELD, after)] : []),
    ],
    order: isTimed ? [TIME_FIELD, 'Id'] : ['Id'],
  });
}

/** The same for a job, whose query must not be sorted to be split up by Salesforce. */
export const toJobQuery = (object: SalesforceObject, position: Position): string =>
  buildQuery({
    object: object.name,
    select: position.select,
    conditions: listConditions(object, position),
    order: [],
  });

function listConditions(
  { condition }: SalesforceObject,
  { from, tellsDeletions }: Position,
): string[] {
  return [
    ...(condition === undefined ? [] : [condition]),
    ...(from === null ? [] : [`${TIME_FIELD} >= ${formatTime(from)}`]),
    ...(from === null && tellsDeletions ? [`${DELETED_FIELD} = FALSE`] : []),
  ];
}
