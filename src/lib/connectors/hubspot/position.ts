import { z } from 'zod';
import { RemoteError } from '../../platform/http/errors.ts';
import type { HttpResponse } from '../../platform/http/types.ts';
import type { Cursor, ReadContext } from '../contract/source.ts';
import type { Row } from './answers.ts';
import type { ObjectType } from './objects.ts';
import type { HubSpotSettings } from './settings.ts';
import { findWanted } from './wanted.ts';

export type Context = ReadContext<HubSpotSettings>;

const common = {
  /** When the pass began, by the clock of HubSpot; null before the first response. */
  began: z.string().nullable(),
  /** The newest time of change that was ever met, in milliseconds; null before the first row. */
  newest: z.number().nullable(),
  /** What was asked for when the pass began; what a mapping names since then, it reads only in part. */
  asked: z.string(),
};
/** Where a pass stands. */
const position = z.discriminatedUnion('phase', [
  /** In the list of all objects. */
  z.object({ phase: z.literal('list'), after: z.string().nullable(), ...common }),
  /** In the search for changes since a time: after the object with this id. */
  z.object({
    phase: z.literal('search'),
    since: z.number(),
    id: z.string().nullable(),
    ...common,
  }),
  /** In the list of archived objects, of which so many pages are read at most. */
  z.object({
    phase: z.literal('archived'),
    since: z.number(),
    after: z.string().nullable(),
    pages: z.number(),
    ...common,
  }),
]);
export type Position = z.output<typeof position>;
export type ListPosition = Extract<Position, { phase: 'list' }>;
export type SearchPosition = Extract<Position, { phase: 'search' }>;
export type ArchivedPosition = Extract<Position, { phase: 'archived' }>;

const token = z.object({
  since: z.iso.datetime(),
  newest: z.number().nullable(),
  /** What was read, so that another selection begins anew. */
  asked: z.string(),
  /** There were no such objects in the account, or none that we may read. */
  isAbsent: z.boolean().optional(),
});
type Token = z.output<typeof token>;

/**
 * How long before the newest change that is known, and before the beginning of the last pass, a
 * search for changes begins. HubSpot documents that changes take "a few moments" to be found; other
 * callers have seen them come an hour late. While nothing newer is found, the search does not move
 * on, so that it misses nothing either when the index stands still for longer.
 */
const LOOKBACK_MS = 3_600_000;
/**
 * Pages of archived objects that a pass over changes reads. HubSpot cannot list them by time; what
 * is beyond these is found by the next pass over everything.
 */
const ARCHIVED_PAGES = 20;

export const toCursor = (at: Position): Cursor => ({ ...at });

/** Where a pass continues or begins. Throws RemoteError `cursor_invalid`. */
export function resolvePosition(object: ObjectType, context: Context, cursor: Cursor): Position {
  const known = position.safeParse(cursor).data;
  if (known !== undefined) return known;
  const last = readToken(context);
  const asked = describeAsked(object, context);
  const fresh = { began: null, newest: last?.newest ?? null, asked };
  const all: ListPosition = { phase: 'list', after: null, ...fresh };
  if (context.span.mode !== 'changes') return all;
  if (last === undefined || last.asked !== asked)
    throw new RemoteError(
      'cursor_invalid',
      'What we read from HubSpot has changed, so everything is read again.',
    );
  if (last.isAbsent === true) return all;
  const since = Math.min(Date.parse(last.since), last.newest ?? Number.POSITIVE_INFINITY);
  return { phase: 'search', since: since - LOOKBACK_MS, id: null, ...fresh };
}

/** Whether the account was without such objects in the last pass, or none was finished yet. */
export function mayBeAbsent(context: Context): boolean {
  const last = readToken(context);
  return last === undefined || last.isAbsent === true;
}

const readToken = ({ span }: Context): Token | undefined => token.safeParse(span.token).data;

/** The search is followed by the archived objects. */
export const toArchived = ({ since, began, newest, asked }: SearchPosition): ArchivedPosition => ({
  phase: 'archived',
  since,
  after: null,
  pages: ARCHIVED_PAGES,
  began,
  newest,
  asked,
});

/** The position with what a response tells: when the pass began, and the newest change. */
export function withProgress<At extends Position>(
  at: At,
  { changedAt }: ObjectType,
  { response, rows }: { response: HttpResponse; rows: readonly Row[] },
  now: Date,
): At {
  const times = rows
    .map(({ properties }) => Date.parse(String(properties?.[changedAt] ?? '')))
    .filter((time) => !Number.isNaN(time));
  const newest = times.reduce((one, other) => Math.max(one, other), at.newest ?? -Infinity);
  return {
    ...at,
    began: at.began ?? readServerTime(response, now),
    newest: Number.isFinite(newest) ? newest : null,
  };
}

/** The time by the clock of HubSpot, which also sets the times of change. */
function readServerTime({ headers }: HttpResponse, now: Date): string {
  const serverDate = new Date(headers['date'] ?? '');
  return (Number.isNaN(serverDate.getTime()) ? now : serverDate).toISOString();
}

/** What a finished pass leaves behind. */
export function buildToken(
  { now }: Context,
  { began, newest, asked }: Pick<Position, 'began' | 'newest' | 'asked'>,
  state: Pick<Token, 'isAbsent'> = {},
): Cursor {
  return { since: began ?? now.toISOString(), newest, asked, ...state };
}

function describeAsked(
  object: ObjectType,
  { settings: { leadStages }, paths }: Pick<Context, 'settings' | 'paths'>,
): string {
  const stages = object.keeps === undefined ? [] : leadStages;
  const { properties, labelled, related } = findWanted(object, paths);
  const names = [properties, labelled, ...Object.entries(related)].flat(2);
  return [object.properties.join(','), ...stages, ...names].join(';');
}
