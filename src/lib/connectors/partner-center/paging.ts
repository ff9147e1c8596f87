import { z } from 'zod';
import { RemoteError } from '../../platform/http/errors.ts';
import type { HttpResponse } from '../../platform/http/types.ts';
import type { Cursor, Page, ReadContext, ReadSpan } from '../contract/source.ts';
import { parseBody } from '../kit/json.ts';
import { odataList } from '../kit/odata.ts';
import { readCursorField, toExpectedTotal } from '../kit/paging.ts';
import { fetchReferralPage, fetchReferrals } from './request.ts';
import type { PartnerCenterSettings } from './settings.ts';

type Context = ReadContext<PartnerCenterSettings>;

/**
 * A filter in the syntax of OData 4. Unconfirmed: `updatedDateTime` is documented as filterable,
 * but no example shows the operator or the format of the time. If Partner Center rejects it, or
 * finds nothing with it, everything is listed instead.
 */
const formatChangedSince = (at: Date): string => `updatedDateTime ge ${at.toISOString()}`;
/**
 * Every version of the documentation names this field for sorting; the newest one another besides.
 * Referrals are never deleted, so a list in this order does not shift while it is read.
 */
const ORDER = { $orderby: 'createdDateTime asc' };

const envelope = odataList.extend({
  '@odata.nextLink': z.string().nullish(),
  '@odata.count': z.number().int().optional().catch(undefined),
});

/** The items of a body. Throws RemoteError `malformed` when it is not a list. */
export function parseItems(body: string): unknown[] {
  return parseList(body).value;
}

function parseList(body: string): z.output<typeof envelope> {
  return parseBody(
    envelope,
    body,
    'Partner Center returned something that is not a list of referrals.',
  );
}

/**
 * Reads the list in pages of the size that Partner Center chooses. `$top` is never sent: in OData
 * it limits the whole list, so with `$top=100` and no next link an account would seem to have only
 * 100 referrals.
 */
export async function* readReferrals(context: Context, cursor: Cursor): AsyncGenerator<Page> {
  let query = readQuery(cursor);
  do {
    const { page, next } = await readPage(context, query);
    yield page;
    query = next;
  } while (query !== undefined);
}

async function readPage(
  context: Context,
  query: string | undefined,
): Promise<{ page: Page; next: string | undefined }> {
  const response =
    query === undefined ? await fetchFirst(context) : await fetchNext(context, query);
  const { value: items, '@odata.nextLink': link, '@odata.count': count } = parseList(response.body);
  const next = link ? parseNextQuery(link, context.settings.baseUrl) : undefined;
  if (next !== undefined && next === query)
    throw new RemoteError('malformed', 'Partner Center sent the same page of referrals twice.');
  const cursor = next === undefined ? null : { query: next };
  const last = next === undefined;
  return { page: { response, items, cursor, last, ...toExpectedTotal(count, items) }, next };
}

async function fetchFirst(context: Context): Promise<HttpResponse> {
  const changed = await fetchChanged(context);
  if (changed !== undefined) return changed;
  return (await fetchUnlessRejected(context, ORDER)) ?? fetchReferrals(context, {});
}

/**
 * What changed in a span; undefined when everything has to be listed. A span begins before the
 * newest change that is known, so a filter that works finds at least that referral: an empty list
 * means that the filter is not understood as it is meant.
 */
async function fetchChanged(context: Context): Promise<HttpResponse | undefined> {
  const filter = buildFilter(context.span);
  if (filter === undefined) return undefined;
  const response = await fetchUnlessRejected(context, { $filter: filter, ...ORDER });
  if (response === undefined) return undefined;
  const { value, '@odata.nextLink': link } = parseList(response.body);
  return value.length === 0 && !link ? undefined : response;
}

/** Undefined when Partner Center does not accept this query. */
async function fetchUnlessRejected(
  context: Context,
  query: Record<string, string>,
): Promise<HttpResponse | undefined> {
  try {
    return await fetchReferrals(context, query);
  } catch (error) {
    if (error instanceof RemoteError && error.status === 400) return undefined;
    throw error;
  }
}

async function fetchNext(context: Context, query: string): Promise<HttpResponse> {
  try {
    return await fetchReferralPage(context, query);
  } catch (error) {
    const unknown = error instanceof RemoteError && (error.status === 400 || error.kind === 'gone');
    throw unknown
      ? new RemoteError(
          'cursor_invalid',
          'Partner Center no longer accepts the position at which the list continues, so it is ' +
            'read again from the beginning.',
          { cause: error },
        )
      : error;
  }
}

function buildFilter({ mode, since }: ReadSpan): string | undefined {
  return mode === 'changes' && since !== null ? formatChangedSince(since) : undefined;
}

/**
 * Takes only the query out of a next link, letter by letter, because its token means something to
 * Partner Center alone. The link itself must not be followed: the documented ones begin with
 * http:// and lack a part of the path, so following one would send the access token unencrypted and
 * to a different address.
 */
function parseNextQuery(link: string, baseUrl: string): string {
  const query = URL.parse(link, baseUrl)?.search.slice(1) ?? '';
  if (query !== '') return query;
  throw new RemoteError(
    'malformed',
    'Partner Center sent a link to the next page that is not valid.',
  );
}

function readQuery(cursor: Cursor): string | undefined {
  const query = readCursorField(cursor, 'query');
  return typeof query === 'string' ? query : undefined;
}
