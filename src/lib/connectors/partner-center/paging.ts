import { z } from 'zod';
import { RemoteError } from '../../platform/http/errors.ts';
import { parseJson } from '../../platform/http/json.ts';
import type { Cursor, Page, ReadContext, ReadSpan } from '../contract/source.ts';
import { fetchReferrals } from './request.ts';
import type { PartnerCenterSettings } from './settings.ts';

type Context = ReadContext<PartnerCenterSettings>;

/**
 * Unconfirmed: `updatedDateTime` is documented as filterable, but no example shows the operator or
 * the spelling of the time. This is OData 4's; should the source refuse it, everything is listed
 * instead.
 */
const formatChangedSince = (at: Date): string => `updatedDateTime ge ${at.toISOString()}`;
/**
 * Referrals are never deleted, so in the order of creation nothing moves while a long list is read.
 */
const BY_CREATION = 'createdDateTime asc';
const BY_CHANGE = 'updatedDateTime asc';

const envelope = z.looseObject({
  value: z.array(z.unknown()),
  '@odata.count': z.number().int().optional(),
  '@odata.nextLink': z.string().optional(),
});

/** The items of a body. Throws RemoteError `malformed` when it is not the list. */
export function parseItems(body: string): unknown[] {
  return parseList(body).value;
}

function parseList(body: string): z.output<typeof envelope> {
  const parsed = envelope.safeParse(tryParseJson(body));
  if (parsed.success) return parsed.data;
  throw new RemoteError(
    'malformed',
    'Partner Center answered something that is not the list of referrals.',
  );
}

function tryParseJson(body: string): unknown {
  try {
    return parseJson(body);
  } catch {
    return undefined;
  }
}

/**
 * The list in pages of the source's own size. `$top` is never sent: in OData it ends the whole
 * list, so that a source with `$top=100` and no next link would seem to have no more than 100
 * referrals.
 */
export async function* readReferrals(context: Context, cursor: Cursor): AsyncGenerator<Page> {
  let token = readSkipToken(cursor);
  for (;;) {
    const response =
      token === undefined ? await fetchFirst(context) : await fetchNext(context, token);
    const {
      value: items,
      '@odata.count': count,
      '@odata.nextLink': link,
    } = parseList(response.body);
    const next = link === undefined ? undefined : parseSkipToken(link);
    if (next !== undefined && next === token)
      throw new RemoteError('malformed', 'Partner Center sent the same page of referrals twice.');
    // Whether the count is of the page or of the whole list is not documented: only more than the
    // page holds is of use.
    const expectedTotal =
      count !== undefined && count > items.length ? { expectedTotal: count } : {};
    yield {
      response,
      items,
      cursor: next === undefined ? null : { skiptoken: next },
      last: next === undefined,
      ...expectedTotal,
    };
    if (next === undefined) return;
    token = next;
  }
}

async function fetchFirst(context: Context) {
  const filter = buildFilter(context.span);
  const all = { $orderby: BY_CREATION };
  if (filter === undefined) return fetchReferrals(context, all);
  try {
    return await fetchReferrals(context, { $filter: filter, $orderby: BY_CHANGE });
  } catch (error) {
    if (error instanceof RemoteError && error.status === 400) return fetchReferrals(context, all);
    throw error;
  }
}

async function fetchNext(context: Context, token: string) {
  try {
    return await fetchReferrals(context, { $skiptoken: token });
  } catch (error) {
    const unknown = error instanceof RemoteError && (error.status === 400 || error.kind === 'gone');
    throw unknown
      ? new RemoteError(
          'cursor_invalid',
          'Partner Center does not know the place any more from which the list was to go on.',
          { cause: error },
        )
      : error;
  }
}

function buildFilter({ mode, since }: ReadSpan): string | undefined {
  return mode === 'changes' && since !== null ? formatChangedSince(since) : undefined;
}

/**
 * The token of a next link, and nothing else of it: the documented links begin with http:// and
 * lack a part of the path, so that whoever follows one sends the access token in clear and to
 * another address.
 */
function parseSkipToken(link: string): string {
  const token = URL.canParse(link) ? new URL(link).searchParams.get('$skiptoken') : null;
  if (token === null || token === '')
    throw new RemoteError(
      'malformed',
      'Partner Center sent a link to the next page that cannot be understood.',
    );
  return token;
}

function readSkipToken(cursor: Cursor): string | undefined {
  const token =
    typeof cursor === 'object' && cursor !== null && !Array.isArray(cursor)
      ? cursor['skiptoken']
      : undefined;
  return typeof token === 'string' ? token : undefined;
}
