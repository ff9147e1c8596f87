import { z } from 'zod';
import { RemoteError } from '../../platform/http/errors.ts';
import type { Cursor, ReadContext } from '../contract/source.ts';
import type { ObjectType } from './objects.ts';
import type { HubSpotSettings } from './settings.ts';

export type Context = ReadContext<HubSpotSettings>;

/** Where a pass stands. `began` is when it began, by the clock of HubSpot; null before the first
 * response. */
const began = z.string().nullable();
const position = z.discriminatedUnion('phase', [
  /** In the list of all objects. */
  z.object({ phase: z.literal('list'), after: z.string().nullable(), began }),
  /** In the search for changes since a time: after the object with this id. */
  z.object({ phase: z.literal('search'), since: z.number(), id: z.string().nullable(), began }),
  /** In the list of archived objects, of which so many pages are read at most. */
  z.object({
    phase: z.literal('archived'),
    since: z.number(),
    after: z.string().nullable(),
    pages: z.number(),
    began,
  }),
]);
export type Position = z.output<typeof position>;
export type ListPosition = Extract<Position, { phase: 'list' }>;
export type SearchPosition = Extract<Position, { phase: 'search' }>;
export type ArchivedPosition = Extract<Position, { phase: 'archived' }>;

const token = z.object({
  since: z.iso.datetime(),
  /** What was read, so that another selection begins anew. */
  asked: z.string(),
  /** There were no such objects in the account, or none that we may read. */
  isAbsent: z.boolean().optional(),
});
type Token = z.output<typeof token>;

/**
 * How long before the beginning of the last pass a search for changes begins. HubSpot documents
 * that changes take "a few moments" to be found; other callers have seen them come an hour late.
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
  const all: ListPosition = { phase: 'list', after: null, began: null };
  if (context.span.mode !== 'changes') return all;
  const last = readToken(context);
  if (last === undefined || last.asked !== describeAsked(object, context.settings))
    throw new RemoteError(
      'cursor_invalid',
      'What we read from HubSpot has changed, so everything is read again.',
    );
  if (last.isAbsent === true) return all;
  const since = Date.parse(last.since) - LOOKBACK_MS;
  return { phase: 'search', since, id: null, began: null };
}

/** Whether the account was without such objects in the last pass, or none was finished yet. */
export function mayBeAbsent(context: Context): boolean {
  const last = readToken(context);
  return last === undefined || last.isAbsent === true;
}

const readToken = ({ span }: Context): Token | undefined => token.safeParse(span.token).data;

/** The search is followed by the archived objects. */
export const toArchived = ({ since, began: at }: SearchPosition): ArchivedPosition => ({
  phase: 'archived',
  since,
  after: null,
  pages: ARCHIVED_PAGES,
  began: at,
});

/** What a finished pass leaves behind. */
export function buildToken(
  object: ObjectType,
  context: Context,
  { began: at }: Pick<Position, 'began'>,
  state: Pick<Token, 'isAbsent'> = {},
): Cursor {
  const since = at ?? context.now.toISOString();
  return { since, asked: describeAsked(object, context.settings), ...state };
}

function describeAsked(object: ObjectType, { leadStages }: HubSpotSettings): string {
  const stages = object.keeps === undefined ? [] : leadStages;
  return [object.properties.join(','), ...stages].join(';');
}
