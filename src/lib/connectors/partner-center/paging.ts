import { z } from 'zod';
import { RemoteError } from '../../platform/http/errors.ts';
import type { Cursor, Page, ReadContext, ReadSpan } from '../contract/source.ts';
import { parseBody } from '../kit/json.ts';
import { odataList } from '../kit/odata.ts';
import { readCursorField, toExpectedTotal } from '../kit/paging.ts';
import { fetchReferrals } from './request.ts';
import type { PartnerCenterSettings } from './settings.ts';

type Context = ReadContext<PartnerCenterSettings>;

/**
 * A filter in the syntax of OData 4. Unconfirmed: `updatedDateTime` is documented as filterable,
 * but no example shows the operator or the format of the time. If Partner Center rejects it,
 * everything is listed instead.
 */
const formatChangedSince = (at: Date): string => `updatedDateTime ge ${at.toISOString()}`;
/** Referrals are never deleted, so a list in this order does not shift while it is read. */
const BY_CREATION = 'createdDateTime asc';
const BY_CHANGE = 'updatedDateTime asc';

const envelope = odataList.extend({ '@odata.count': z.number().int().optional() });

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
  let token = readSkipToken(cursor);
  do {
    const { page, next } = await readPage(context, token);
    yield page;
    token = next;
  } while (token !== undefined);
}

async function readPage(
  context: Context,
  token: string | undefined,
): Promise<{ page: Page; next: string | undefined }> {
  const response =
    token === undefined ? await fetchFirst(context) : await fetchNext(context, token);
  const list = parseList(response.body);
  const { value: items, '@odata.count': count, '@odata.nextLink': link } = list;
  const next = link === undefined ? undefined : parseSkipToken(link);
  if (next !== undefined && next === token)
    throw new RemoteError('malformed', 'Partner Center sent the same page of referrals twice.');
  const cursor = next === undefined ? null : { skiptoken: next };
  const last = next === undefined;
  return { page: { response, items, cursor, last, ...toExpectedTotal(count, items) }, next };
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
 * Takes only the token out of a next link, which must not be followed itself: the documented links
 * begin with http:// and lack a part of the path, so following one would send the access token
 * unencrypted and to a different address.
 */
function parseSkipToken(link: string): string {
  const token = URL.canParse(link) ? new URL(link).searchParams.get('$skiptoken') : null;
  if (token === null || token === '')
    throw new RemoteError(
      'malformed',
      'Partner Center sent a link to the next page that is not valid.',
    );
  return token;
}

function readSkipToken(cursor: Cursor): string | undefined {
  const token = readCursorField(cursor, 'skiptoken');
  return typeof token === 'string' ? token : undefined;
}
